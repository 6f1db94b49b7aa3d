"""The trading database's tables, a migration per version."""

from typing import Final

MIGRATIONS: Final = (
    """
    CREATE TABLE run (
        id INTEGER PRIMARY KEY,
        market TEXT NOT NULL,
        strategy TEXT NOT NULL,
        cash TEXT NOT NULL,
        fee_rate TEXT NOT NULL,
        minimum TEXT NOT NULL,
        closed INTEGER NOT NULL DEFAULT 0,
        memory TEXT
    ) STRICT;
    CREATE UNIQUE INDEX one_run ON run (market, strategy) WHERE closed = 0;
    CREATE TABLE segment (
        id INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES run,
        started_ms INTEGER NOT NULL,
        document TEXT NOT NULL,
        anchors TEXT NOT NULL,
        memory TEXT
    ) STRICT;
    CREATE TABLE tick (
        segment INTEGER NOT NULL REFERENCES segment,
        place INTEGER NOT NULL,
        ms INTEGER NOT NULL,
        price REAL NOT NULL,
        volume REAL NOT NULL,
        quality TEXT NOT NULL,
        print INTEGER NOT NULL,
        outside TEXT,
        PRIMARY KEY (segment, place)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE decision (
        segment INTEGER NOT NULL REFERENCES segment,
        place INTEGER NOT NULL,
        data TEXT NOT NULL,
        PRIMARY KEY (segment, place)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE intent (
        run INTEGER NOT NULL REFERENCES run,
        number INTEGER NOT NULL,
        segment INTEGER NOT NULL REFERENCES segment,
        place INTEGER NOT NULL,
        ms INTEGER NOT NULL,
        rule TEXT NOT NULL,
        side TEXT NOT NULL,
        price REAL NOT NULL,
        amount TEXT NOT NULL,
        quantity TEXT NOT NULL,
        cancels INTEGER,
        PRIMARY KEY (run, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE fill (
        run INTEGER NOT NULL,
        number INTEGER NOT NULL,
        part INTEGER NOT NULL,
        segment INTEGER NOT NULL REFERENCES segment,
        place INTEGER NOT NULL,
        ms INTEGER NOT NULL,
        price TEXT NOT NULL,
        quantity TEXT NOT NULL,
        funds TEXT NOT NULL,
        fee TEXT NOT NULL,
        PRIMARY KEY (run, number, part),
        FOREIGN KEY (run, number) REFERENCES intent
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE ending (
        run INTEGER NOT NULL,
        number INTEGER NOT NULL,
        segment INTEGER NOT NULL REFERENCES segment,
        place INTEGER NOT NULL,
        state TEXT NOT NULL,
        detail TEXT NOT NULL,
        PRIMARY KEY (run, number),
        FOREIGN KEY (run, number) REFERENCES intent
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE account (
        id INTEGER PRIMARY KEY,
        opened_ms INTEGER NOT NULL,
        closed_ms INTEGER,
        cash TEXT NOT NULL
    ) STRICT;
    DROP INDEX one_run;
    ALTER TABLE run ADD COLUMN account INTEGER REFERENCES account;
    ALTER TABLE run ADD COLUMN state TEXT NOT NULL DEFAULT 'stopped';
    ALTER TABLE run ADD COLUMN moved TEXT NOT NULL DEFAULT '0';
    ALTER TABLE run ADD COLUMN opened_ms INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE segment ADD COLUMN is_forgotten INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE ending ADD COLUMN ms INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE kept (name TEXT PRIMARY KEY, data TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX one_run ON run (coalesce(account, 0), market, strategy) WHERE closed = 0;
    CREATE TABLE action (
        segment INTEGER NOT NULL REFERENCES segment,
        place INTEGER NOT NULL,
        data TEXT NOT NULL,
        PRIMARY KEY (segment, place)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE timeline (
        id INTEGER PRIMARY KEY,
        ms INTEGER NOT NULL,
        kind TEXT NOT NULL,
        market TEXT NOT NULL,
        strategy TEXT NOT NULL,
        run INTEGER,
        correlation TEXT NOT NULL,
        data TEXT NOT NULL
    ) STRICT;
    CREATE INDEX timeline_time ON timeline (ms, id);
    CREATE INDEX timeline_correlation ON timeline (correlation);
    CREATE TABLE equity (
        account INTEGER NOT NULL REFERENCES account,
        ms INTEGER NOT NULL,
        cash REAL NOT NULL,
        held REAL NOT NULL,
        PRIMARY KEY (account, ms)
    ) STRICT, WITHOUT ROWID
    """,
)
