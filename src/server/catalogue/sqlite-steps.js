/** "BitT": what the header of a catalogue's file says that it is. */
export const APPLICATION_ID = 0x42697454

/**
 * What makes a file of one version out of one of the version before. Each runs once, in a transaction with the number
 * that it leads to. A step that was released is never altered: add another one.
 */
export const STEPS = [
  // 1: users by number, and what each of them publishes, by name.
  `CREATE TABLE user (
     id INTEGER PRIMARY KEY,
     username TEXT NOT NULL UNIQUE
   ) STRICT;
   CREATE TABLE publication (
     name TEXT NOT NULL,
     user INTEGER NOT NULL REFERENCES user (id),
     root TEXT,
     size INTEGER,
     published_at INTEGER NOT NULL,
     PRIMARY KEY (name, user)
   ) STRICT, WITHOUT ROWID;`,
  // 2: in which order they came. Of older ones the time tells it, as well as anything can.
  `ALTER TABLE publication ADD COLUMN arrival INTEGER NOT NULL DEFAULT 0;
   UPDATE publication SET arrival = numbered.arrival
     FROM (SELECT name, user, row_number() OVER (ORDER BY published_at, name, user) AS arrival FROM publication)
       AS numbered
     WHERE publication.name = numbered.name AND publication.user = numbered.user;`,
  // 3: who may see it. Before that, everybody could.
  `ALTER TABLE publication ADD COLUMN audience TEXT;`,
]
