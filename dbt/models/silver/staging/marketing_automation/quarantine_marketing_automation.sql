{{ quarantine('marketing_automation') }}
