"""What derives from the contracts and is kept in the repository: ``make contracts`` writes it, CI checks it.

``include/warehouse/bronze/<source>.sql``
    schema, stage, tables, comments and tags of a source's bronze
``dbt/models/silver/staging/<source>/_<source>__sources.yml``
    the source as dbt knows it
``dbt/macros/generated/contract.sql``
    macro ``contract()``: the facts that models read
"""
