"""Landing: extracted rows become Parquet files on a stage, and the files become bronze, each exactly once.

write(batches)  -> files of bounded size, one table each            parquet.py, profile.py
stage(files)    -> PUT, and a manifest that says what was staged    staging.py, manifest.py, portions.py
Unfinished(...) -> the tables that a killed try has staged whole    unfinished.py
load(manifest)  -> COPY and ledger in one transaction               load.py, ledger.py
reconcile(...)  -> source = staged = ledger = bronze, or an error   reconcile.py, checksum.py
clear(...)      -> the stage keeps only what cannot be read again   kept.py
restore(...)    -> a day of changes mended from its landed files    restore.py
"""
