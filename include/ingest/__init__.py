"""The steps of a bronze run: where extraction, landing and the contract's checks meet. Called by
`dags/bronze.py`.
"""
