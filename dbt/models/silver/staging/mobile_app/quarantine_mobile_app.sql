{{ quarantine('mobile_app') }}
