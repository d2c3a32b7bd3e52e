/**
 * The fleet's tables. The ledger is `record`: a record is there once, by site, epoch and sequence, whatever comes how often. All
 * others follow from it, or are the fleet's own word (leases, orders).
 */
export const schema = `
  CREATE TABLE IF NOT EXISTS site (
    site        text PRIMARY KEY,
    heard_ms    bigint NOT NULL,
    at_ms       bigint NOT NULL,
    level       text NOT NULL,
    utility     text NOT NULL DEFAULT '',
    state       jsonb NOT NULL,
    station_key text
  );
  ALTER TABLE site ADD COLUMN IF NOT EXISTS saved_at timestamptz NOT NULL DEFAULT now();
  CREATE INDEX IF NOT EXISTS site_saved ON site (saved_at);
  CREATE INDEX IF NOT EXISTS site_utility ON site (utility, site);
  CREATE TABLE IF NOT EXISTS need (
    site     text NOT NULL,
    key      text NOT NULL,
    at_ms    bigint NOT NULL,
    sentence text NOT NULL,
    PRIMARY KEY (site, key, at_ms)
  );
  CREATE INDEX IF NOT EXISTS need_key ON need (key);
  CREATE TABLE IF NOT EXISTS record (
    site     text NOT NULL,
    epoch    text NOT NULL,
    sequence bigint NOT NULL,
    at_ms    bigint NOT NULL,
    kind     text NOT NULL,
    body     jsonb NOT NULL,
    PRIMARY KEY (site, epoch, sequence)
  );
  ALTER TABLE record ADD COLUMN IF NOT EXISTS stored_at timestamptz NOT NULL DEFAULT now();
  CREATE INDEX IF NOT EXISTS record_stored ON record (stored_at);
  CREATE INDEX IF NOT EXISTS record_events ON record (site, at_ms DESC) WHERE kind = 'event';
  CREATE INDEX IF NOT EXISTS record_heads ON record (site, at_ms) WHERE kind = 'head';
  CREATE TABLE IF NOT EXISTS energy (
    site     text NOT NULL,
    sequence bigint NOT NULL,
    from_ms  bigint NOT NULL,
    hash     text NOT NULL,
    imported_mwh bigint NOT NULL,
    exported_mwh bigint NOT NULL,
    charged_mwh bigint NOT NULL,
    discharged_mwh bigint NOT NULL,
    pv_mwh   bigint NOT NULL,
    PRIMARY KEY (site, sequence)
  );
  CREATE TABLE IF NOT EXISTS energy_month (
    site     text NOT NULL,
    month    text NOT NULL,
    quarters bigint NOT NULL,
    imported_mwh bigint NOT NULL,
    exported_mwh bigint NOT NULL,
    charged_mwh bigint NOT NULL,
    discharged_mwh bigint NOT NULL,
    pv_mwh   bigint NOT NULL,
    PRIMARY KEY (site, month)
  );
  CREATE TABLE IF NOT EXISTS head (
    site     text NOT NULL,
    epoch    text NOT NULL,
    sequence bigint NOT NULL,
    at_ms    bigint NOT NULL,
    records  bigint NOT NULL,
    hash     text NOT NULL,
    PRIMARY KEY (site, epoch, sequence)
  );
  ALTER TABLE head ADD COLUMN IF NOT EXISTS open boolean NOT NULL DEFAULT false;
  CREATE INDEX IF NOT EXISTS head_place ON head (site, records);
  CREATE INDEX IF NOT EXISTS head_open ON head (site) WHERE open;
  CREATE INDEX IF NOT EXISTS head_order ON head (site, epoch COLLATE "C", sequence);
  CREATE TABLE IF NOT EXISTS alarm (
    site     text NOT NULL,
    key      text NOT NULL,
    at_ms    bigint NOT NULL,
    sentence text NOT NULL,
    PRIMARY KEY (site, key, sentence)
  );
  CREATE TABLE IF NOT EXISTS lease (
    site     text NOT NULL,
    id       text PRIMARY KEY,
    until_ms bigint NOT NULL,
    withdrawn boolean NOT NULL DEFAULT false,
    lease    jsonb NOT NULL
  );
  CREATE INDEX IF NOT EXISTS lease_site ON lease (site, until_ms);
  CREATE TABLE IF NOT EXISTS orders (
    site     text PRIMARY KEY,
    version  bigint NOT NULL,
    until_ms bigint NOT NULL,
    document text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE IF NOT EXISTS receipt (
    site     text NOT NULL,
    lease_id text NOT NULL,
    epoch    text NOT NULL,
    sequence bigint NOT NULL,
    at_ms    bigint NOT NULL,
    receipt  jsonb NOT NULL,
    PRIMARY KEY (site, lease_id)
  );
  CREATE TABLE IF NOT EXISTS dispatch (
    id        text PRIMARY KEY,
    target_w  float8 NOT NULL,
    from_ms   bigint NOT NULL,
    until_ms  bigint NOT NULL,
    utility   text NOT NULL,
    limits    jsonb NOT NULL,
    cause     text NOT NULL,
    issued_by text NOT NULL,
    withdrawn boolean NOT NULL DEFAULT false,
    over      boolean NOT NULL DEFAULT false,
    progress  jsonb
  );
  CREATE TABLE IF NOT EXISTS dispatch_site (
    dispatch text NOT NULL,
    site     text NOT NULL,
    asked_w  float8 NOT NULL,
    lease_id text,
    until_ms bigint NOT NULL,
    trust    float8 NOT NULL,
    out      text NOT NULL DEFAULT '',
    PRIMARY KEY (dispatch, site)
  );
  CREATE INDEX IF NOT EXISTS dispatch_site_site ON dispatch_site (site);
  CREATE TABLE IF NOT EXISTS dispatch_lease (
    dispatch text NOT NULL,
    site     text NOT NULL,
    lease_id text NOT NULL,
    PRIMARY KEY (dispatch, site, lease_id)
  );
  CREATE TABLE IF NOT EXISTS dispatch_minute (
    dispatch   text NOT NULL,
    at_ms      bigint NOT NULL,
    measured_w float8 NOT NULL,
    asked      int NOT NULL,
    PRIMARY KEY (dispatch, at_ms)
  );
  CREATE TABLE IF NOT EXISTS release (
    id         text PRIMARY KEY,
    build      jsonb NOT NULL,
    ring       int NOT NULL,
    phase      text NOT NULL,
    soak_ms    bigint NOT NULL,
    per_minute int NOT NULL,
    sentence   text NOT NULL DEFAULT '',
    cause      text NOT NULL,
    issued_by  text NOT NULL,
    made_ms    bigint NOT NULL,
    over       boolean NOT NULL DEFAULT false
  );
  CREATE TABLE IF NOT EXISTS release_site (
    release    text NOT NULL,
    site       text NOT NULL,
    ring       int NOT NULL,
    action     text NOT NULL DEFAULT '',
    offered_ms bigint NOT NULL DEFAULT 0,
    word       text NOT NULL DEFAULT '',
    word_ms    bigint NOT NULL DEFAULT 0,
    sentence   text NOT NULL DEFAULT '',
    epoch      text NOT NULL DEFAULT '',
    sequence   bigint NOT NULL DEFAULT 0,
    installed_ms bigint NOT NULL DEFAULT 0,
    before     jsonb,
    PRIMARY KEY (release, site)
  );
  CREATE TABLE IF NOT EXISTS release_order (
    site     text PRIMARY KEY,
    version  bigint NOT NULL,
    document text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE IF NOT EXISTS leader (
    name     text PRIMARY KEY,
    holder   text NOT NULL,
    until_at timestamptz NOT NULL
  );
`;
