{{ quarantine('support') }}
