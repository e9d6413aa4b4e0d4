{{ quarantine('kyc') }}
