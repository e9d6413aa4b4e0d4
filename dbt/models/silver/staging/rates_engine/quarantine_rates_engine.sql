{{ quarantine('rates_engine') }}
