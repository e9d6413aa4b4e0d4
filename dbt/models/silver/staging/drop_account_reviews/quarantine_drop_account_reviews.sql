{{ quarantine('drop_account_reviews') }}
