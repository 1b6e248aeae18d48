"""Backups: one archive of the database, the pictures and the published build, taken while visitors search; and the way back.

    pinakes-20261121-031500.tar      plain tar: most of it is pictures, which are compressed already
      database/<table>.jsonl.gz      the rows of one table: a line of column names, then a JSON array for each row
      files/<path>                   as it lay in the instance
      manifest.json                  last: sha256 and size of every member. An archive without it is not whole.
"""
