{% snapshot customer_snapshot %}
{{ config(
    schema='snapshot',
    unique_key='party_id',
    strategy='check',
    check_cols=[
        'primary_product_code', 'kyc_state', 'aml_band', 'account_status', 'opt_in_operational', 'is_active'
    ]
) }}
select * from gold_candidate.dim_customer where is_current
{% endsnapshot %}
