{{ quarantine('card_ledger') }}
