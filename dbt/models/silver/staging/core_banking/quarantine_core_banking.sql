{{ quarantine('core_banking') }}
