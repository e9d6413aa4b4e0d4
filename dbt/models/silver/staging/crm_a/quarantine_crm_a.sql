{{ quarantine('crm_a') }}
