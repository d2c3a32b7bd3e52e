CREATE TABLE document (
    collection TEXT NOT NULL,
    key        TEXT NOT NULL,
    value      TEXT NOT NULL,
    PRIMARY KEY (collection, key)
  ) STRICT, WITHOUT ROWID;
INSERT INTO document VALUES ('days', '001795939200000', '{"startsAtMs":1795939200000,"savedAtMs":1795961652893,"loadW":[null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,169765,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null],"pvW":[null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null],"pccW":[null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,182949,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null],"vehiclesW":[null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,13107,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null],"outages":[]}');
INSERT INTO document VALUES ('energy', '0', '{"importWh":105,"exportWh":0,"estimatedWh":0,"stageImportWh":105,"stageExportWh":0}');
INSERT INTO document VALUES ('energy', '1', '{"importWh":0,"exportWh":0,"estimatedWh":0,"stageImportWh":0,"stageExportWh":0}');
INSERT INTO document VALUES ('events', 'mx1x6h1e-0', '{"event":{"id":"mx1x6h1e-0","atMs":1795961622722,"key":"started","values":{},"severity":"record","needsPerson":false,"active":false,"acknowledged":null},"place":"","endedAtMs":null}');
INSERT INTO document VALUES ('events', 'mx1x6mc1-1', '{"event":{"id":"mx1x6mc1-1","atMs":1795961629585,"key":"backendLost","severity":"notice","needsPerson":false,"active":true,"acknowledged":null},"place":"backendLost/0","endedAtMs":null}');
INSERT INTO document VALUES ('network-profile', '1', '{"url":"ws://127.0.0.1:25290/","securityProfile":1}');
INSERT INTO document VALUES ('network-state', 'trying', '1');
INSERT INTO document VALUES ('people', 'demandLimitW/0', '{"by":"ann","atMs":1795132800000,"reason":"transformer","value":120000}');
INSERT INTO document VALUES ('people', 'dischargeEnabled/2', '{"by":"ann","atMs":1795132800000,"reason":"transformer","value":1}');
INSERT INTO document VALUES ('people', 'held/2', '{"by":"ann","atMs":1795132800000,"reason":"transformer","value":2}');
INSERT INTO document VALUES ('people', 'reservePct/1', '{"by":"ann","atMs":1795132800000,"reason":"transformer","value":45}');
INSERT INTO document VALUES ('security-log', '000000000000', '{"type":"StartupOfTheDevice","timestamp":"2026-11-29T14:13:42.643Z","techInfo":"reason PowerUp"}');
INSERT INTO document VALUES ('variable', 'ocppcommctrlr/@0.0|networkconfigurationpriority/', '1');
CREATE TABLE journal (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    action        TEXT    NOT NULL,
    payload       TEXT    NOT NULL,
    transactionId TEXT    NOT NULL,
    seqNo         INTEGER NOT NULL,
    droppable     INTEGER NOT NULL
  ) STRICT;
INSERT INTO journal VALUES (1, 'SecurityEventNotification', '{"type":"StartupOfTheDevice","timestamp":"2026-11-29T14:13:42.643Z","techInfo":"reason PowerUp"}', '', -1, 0);
