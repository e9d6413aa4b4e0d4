"""Old against new: a legacy extract held against a table of gold, key by key and value by value.

For the weeks in which an old report runs beside the new one. Every difference gets a cause, decided by rules
(``causes.py``), so that what is left to talk about is short. The comparison is the warehouse's work; what
comes back are counts, and the differences themselves where somebody asks for them.
"""
