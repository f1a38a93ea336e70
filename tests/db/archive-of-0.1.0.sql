PRAGMA user_version=1;
BEGIN TRANSACTION;
CREATE TABLE blobs (
        sha256 TEXT PRIMARY KEY,
        bytes INTEGER NOT NULL,
        media_type TEXT NOT NULL,
        path TEXT NOT NULL UNIQUE,
        completed_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO "blobs" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',7,'image/jpeg','aa/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','2026-01-01T12:00:00.000000Z');
CREATE TABLE cameras (
        camera TEXT PRIMARY KEY,
        site TEXT NOT NULL,
        last_heard_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO "cameras" VALUES('gate','north tower','2026-01-01T12:00:00.000000Z');
CREATE TABLE devices (
        device_id TEXT PRIMARY KEY,
        first_seen_at TEXT NOT NULL,
        last_seen_at TEXT NOT NULL,
        highest_seq INTEGER NOT NULL,
        highest_hash TEXT NOT NULL,
        records INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO "devices" VALUES('box-1','2026-01-01T12:00:00.000000Z','2026-01-01T12:00:00.000000Z',2,'c5deb6abc8f0f1fbcab92edfd37d55215c28d18e7ad238179dfab627d80e065d',2);
CREATE TABLE evidence (
        sha256 TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        media_type TEXT NOT NULL,
        PRIMARY KEY (sha256, bytes, media_type)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "evidence" VALUES('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',7,'image/jpeg');
CREATE TABLE keys (
        kind TEXT PRIMARY KEY,
        hash TEXT NOT NULL UNIQUE,
        created_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO "keys" VALUES('viewer.key','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','2026-01-01T12:00:00.000000Z');
CREATE TABLE ledger (
        device_id TEXT NOT NULL,
        hour TEXT NOT NULL,
        camera TEXT NOT NULL,
        zone TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (device_id, hour, camera, zone)
    ) STRICT, WITHOUT ROWID;
INSERT INTO "ledger" VALUES('box-1','2026-01-01T11:00:00.000000Z','gate','','{"camera":"gate","down_s":{"dark":200.0,"offline":400.0},"events":0,"frames_analysed":0,"frames_corrupt":0,"frames_overwritten":0,"hour":"2026-01-01T11:00:00Z","judged_s":{"helmet.missing":10.0,"helmet.worn":80.0},"person_s":120.0,"site":"north tower","unknown_s":{"helmet.too_small":30.0},"watched_s":3000.0,"zone":null}');
CREATE TABLE records (
        id TEXT PRIMARY KEY,
        event_id TEXT NOT NULL,
        device_id TEXT NOT NULL,
        seq INTEGER NOT NULL,
        ended INTEGER NOT NULL,
        hash TEXT NOT NULL,
        chain TEXT NOT NULL,
        received_at TEXT NOT NULL,
        body TEXT NOT NULL,
        UNIQUE (device_id, seq)
    ) STRICT;
INSERT INTO "records" VALUES('019b796d-d600-70c5-9cc3-bf4327423fb2','019b796d-d600-70c5-9cc3-bf4327423fb2','box-1',1,0,'45f8687042924d0f543a6dac9fc0fdde47afc1abca99152488207068e941c2c6','first','2026-01-01T12:00:00.000000Z','{"boot_id":"00000000-0000-0000-0000-000000000001","camera":"gate","config_hash":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","detail":{},"device_id":"box-1","end_at":null,"event_id":"019b796d-d600-70c5-9cc3-bf4327423fb2","evidence":[{"bytes":7,"height":0,"kind":"snapshot","media_type":"image/jpeg","privacy":null,"reason":null,"sha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","status":"stored","t0":null,"t1":null,"trigger_s":null,"width":0}],"hash":"45f8687042924d0f543a6dac9fc0fdde47afc1abca99152488207068e941c2c6","id":"019b796d-d600-70c5-9cc3-bf4327423fb2","items":["helmet","vest"],"model":null,"prev_hash":"0000000000000000000000000000000000000000000000000000000000000000","reason":null,"recorded_at":"2026-01-01T12:00:00Z","rule":"missing_ppe","said_at":"2026-01-01T12:00:00Z","schema_version":1,"seq":1,"severity":"alert","signature":"00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000","site":"north tower","start_at":"2026-01-01T12:00:00Z","state":"new","subjects":[],"zone":null}');
INSERT INTO "records" VALUES('019b796d-d600-70c6-9a44-f83bb6e98f4c','019b796d-d600-70c5-9cc3-bf4327423fb2','box-1',2,1,'c5deb6abc8f0f1fbcab92edfd37d55215c28d18e7ad238179dfab627d80e065d','follows','2026-01-01T12:00:00.000000Z','{"boot_id":"00000000-0000-0000-0000-000000000001","camera":"gate","config_hash":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","detail":{},"device_id":"box-1","end_at":"2026-01-01T12:00:30Z","event_id":"019b796d-d600-70c5-9cc3-bf4327423fb2","evidence":[{"bytes":7,"height":0,"kind":"snapshot","media_type":"image/jpeg","privacy":null,"reason":null,"sha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","status":"stored","t0":null,"t1":null,"trigger_s":null,"width":0}],"hash":"c5deb6abc8f0f1fbcab92edfd37d55215c28d18e7ad238179dfab627d80e065d","id":"019b796d-d600-70c6-9a44-f83bb6e98f4c","items":["helmet","vest"],"model":null,"prev_hash":"45f8687042924d0f543a6dac9fc0fdde47afc1abca99152488207068e941c2c6","reason":"left","recorded_at":"2026-01-01T12:00:00Z","rule":"missing_ppe","said_at":"2026-01-01T12:00:00Z","schema_version":1,"seq":2,"severity":"alert","signature":"00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000","site":"north tower","start_at":"2026-01-01T12:00:00Z","state":"end","subjects":[],"zone":null}');
CREATE TABLE sessions (
        hash TEXT PRIMARY KEY,
        expires_at TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
CREATE TABLE violations (
        event_id TEXT PRIMARY KEY,
        device_id TEXT NOT NULL,
        site TEXT NOT NULL,
        camera TEXT NOT NULL,
        rule TEXT NOT NULL,
        zone TEXT,
        open INTEGER NOT NULL,
        start_at TEXT NOT NULL,
        received_at TEXT NOT NULL
    ) STRICT;
INSERT INTO "violations" VALUES('019b796d-d600-70c5-9cc3-bf4327423fb2','box-1','north tower','gate','missing_ppe',NULL,0,'2026-01-01T12:00:00.000000Z','2026-01-01T12:00:00.000000Z');
CREATE INDEX records_by_event ON records (event_id, seq);
CREATE INDEX records_by_receipt ON records (received_at DESC, id DESC);
CREATE INDEX violations_by_start ON violations (start_at DESC, event_id DESC);
CREATE INDEX violations_by_camera ON violations (camera, start_at DESC, event_id DESC);
CREATE INDEX violations_by_rule ON violations (rule, start_at DESC, event_id DESC);
CREATE INDEX violations_open ON violations (start_at DESC, event_id DESC) WHERE open = 1;
CREATE INDEX ledger_by_hour ON ledger (hour, camera, zone);
COMMIT;
