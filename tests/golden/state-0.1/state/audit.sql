CREATE TABLE audit (
    seq   INTEGER PRIMARY KEY,
    atMs  INTEGER NOT NULL,
    kind  TEXT    NOT NULL,
    actor TEXT    NOT NULL,
    body  TEXT    NOT NULL,
    hash  TEXT    NOT NULL
  ) STRICT;
INSERT INTO audit VALUES (1, 1795961617748, 'permit', 'command line, root', '{"permit":{"equipment":[{"firmware":["1.0.0"],"serialNumber":"SIM-001"},{"firmware":["1.0.0"],"serialNumber":"SIM-002"}],"exportLimitW":0,"gridProfile":"ieee1547-catB-III","id":"dabebb38-c863-4788-882f-1e17a48caae4","reference":"FIXTURE","serial":1,"serviceMode":"parallel-non-export","site":"Fixture yard","transferDevice":"open-transition","utility":"A utility that does not exist","validFrom":"2026-01-01T00:00:00.000Z","validUntil":"2081-09-01T00:00:00.000Z"},"what":"installed"}', 'c1e996357f43b0f359800a3d69b2dfcfceca137bf51b9d1e1d805f39d1e92568');
INSERT INTO audit VALUES (2, 1795961622464, 'start', 'controller', '{"profile":"ieee1547-catB-III","serviceMode":"parallel-non-export","site":"Fixture yard"}', 'e657f6d9c327c7bba9c6a221bc4678b6af97a8c5696f0a9ec8f1e8d3aa78498a');
INSERT INTO audit VALUES (3, 1795961622570, 'permit', 'controller', '{"facts":{"backupNotified":false,"equipmentMatches":false,"exportLimitW":0,"mode":"parallel-non-export","revoked":false,"validFromMs":1767225600000,"validUntilMs":3523910400000},"sentence":"Permission to operate FIXTURE of A utility that does not exist: parallel-non-export, export at most 0 W, until 2081-09-01T00:00:00.000Z.","uncovered":[]}', 'd30a415bd75a8c0df46b015ead8bc38c27e1e48e8646e4e2ec187440c1851566');
INSERT INTO audit VALUES (4, 1795961624723, 'mode', 'controller', '{"from":"unknown","row":"U2","to":"blind"}', 'd2e5b16b4c62888e270061c182fe057d5efdc98742fbb959d159dd1dc3c9fedd');
INSERT INTO audit VALUES (5, 1795961625141, 'mode', 'controller', '{"from":"blind","row":"B3","to":"loadOnly"}', 'd3394e736c4ba21f9a5a67ebf4550b266b545515a0fef2eaba7856addac2f2f7');
INSERT INTO audit VALUES (6, 1795961627400, 'mode', 'controller', '{"from":"loadOnly","row":"L3","to":"ceased"}', '15751d64e91eb1e241bd0bd546f98615a0d1003902f9588f09fa97a947bf3ba8');
INSERT INTO audit VALUES (7, 1795961627420, 'mode', 'controller', '{"from":"ceased","row":"C1","to":"enterDelay"}', '41d1a810596050b548af1af7b1c3598808082bf595319817574b581699f51788');
INSERT INTO audit VALUES (8, 1795961652924, 'stop', 'controller', '{}', '6d133e8824365cfcb77909fb9236e63c4ebc5b7f6db75891a07b25831dcfbf4b');
CREATE TABLE auditHead (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    records INTEGER NOT NULL,
    hash    TEXT    NOT NULL
  ) STRICT;
INSERT INTO auditHead VALUES (1, 8, '6d133e8824365cfcb77909fb9236e63c4ebc5b7f6db75891a07b25831dcfbf4b');
CREATE TRIGGER auditKeep BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER auditStay BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
