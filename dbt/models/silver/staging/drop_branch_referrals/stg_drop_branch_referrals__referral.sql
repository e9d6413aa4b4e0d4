with

source as (

    {{ latest_per_key('drop_branch_referrals', 'referral') }}

),

renamed as (

    select

        ---------- ids
        referral_id,

        ---------- text
        branch,
        branch_transit,
        customer_name,
        email,
        phone,
        product,
        status as referral_state,

        ---------- numbers
        {{ typed('expected_deposit') }} as expected_deposit,

        ---------- timestamps
        {{ typed('referred_at') }} as referred_local_time

    from source

)

select * from renamed
