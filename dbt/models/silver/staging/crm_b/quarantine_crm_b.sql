{{ quarantine('crm_b') }}
