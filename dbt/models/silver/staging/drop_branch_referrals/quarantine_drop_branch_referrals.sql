{{ quarantine('drop_branch_referrals') }}
