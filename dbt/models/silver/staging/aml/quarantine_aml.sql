{{ quarantine('aml') }}
