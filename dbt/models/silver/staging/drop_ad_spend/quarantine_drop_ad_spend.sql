{{ quarantine('drop_ad_spend') }}
