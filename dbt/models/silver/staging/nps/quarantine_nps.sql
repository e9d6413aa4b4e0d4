{{ quarantine('nps') }}
