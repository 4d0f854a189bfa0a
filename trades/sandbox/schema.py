"""The tables of a world."""

TABLES = """
CREATE TABLE IF NOT EXISTS account (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL,
    steamid64 TEXT NOT NULL,
    tradelink TEXT NOT NULL,
    paid_out INTEGER NOT NULL DEFAULT 0,
    private INTEGER NOT NULL DEFAULT 0,
    asked_at INTEGER,
    next_trickle INTEGER
);
CREATE TABLE IF NOT EXISTS api_key (
    key TEXT PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES account (id),
    revoked INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS trade (
    seq INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL,
    purchase INTEGER NOT NULL DEFAULT 0,
    trade_id TEXT NOT NULL,
    custom_id TEXT,
    game INTEGER NOT NULL,
    status TEXT NOT NULL,
    summary TEXT NOT NULL,
    steam_status INTEGER,
    steam_trade_id TEXT,
    offer_id TEXT,
    buyer TEXT,
    bot INTEGER,
    tradelink TEXT,
    gives TEXT NOT NULL DEFAULT '[]',
    receives TEXT NOT NULL DEFAULT '[]',
    value INTEGER NOT NULL DEFAULT 0,
    created INTEGER,
    updated INTEGER,
    settles INTEGER,
    error TEXT,
    patch TEXT,
    step TEXT,
    outcome TEXT,
    next_at INTEGER
);
CREATE TABLE IF NOT EXISTS buyer (
    steamid64 TEXT PRIMARY KEY,
    balance INTEGER NOT NULL,
    frozen INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS buy_order (
    game INTEGER NOT NULL,
    name TEXT NOT NULL,
    buyer TEXT NOT NULL,
    price INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (game, name, buyer)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS asset (
    seq INTEGER PRIMARY KEY,
    steamid64 TEXT NOT NULL,
    game INTEGER NOT NULL,
    contextid TEXT NOT NULL,
    assetid TEXT NOT NULL,
    name TEXT NOT NULL,
    tradable INTEGER NOT NULL DEFAULT 1,
    gone INTEGER NOT NULL DEFAULT 0,
    UNIQUE (steamid64, game, contextid, assetid)
);
CREATE TABLE IF NOT EXISTS steam_key (
    key TEXT PRIMARY KEY,
    steamid64 TEXT NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS steam_offer (
    offer_id TEXT NOT NULL,
    steamid64 TEXT NOT NULL,
    partner TEXT NOT NULL,
    sent INTEGER NOT NULL DEFAULT 0,
    state INTEGER NOT NULL DEFAULT 2,
    message TEXT NOT NULL DEFAULT '',
    gives TEXT NOT NULL DEFAULT '[]',
    receives TEXT NOT NULL DEFAULT '[]',
    steam_trade_id TEXT,
    escrow_until INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    PRIMARY KEY (steamid64, offer_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mannco_key (
    key TEXT PRIMARY KEY,
    steamid64 TEXT NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0,
    asked_at INTEGER,
    next_trickle INTEGER
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mannco_trade (
    id INTEGER PRIMARY KEY,
    steamid64 TEXT NOT NULL,
    items_received TEXT NOT NULL DEFAULT '',
    items_send TEXT NOT NULL DEFAULT '',
    status INTEGER NOT NULL DEFAULT 0,
    bot TEXT NOT NULL,
    offerid TEXT NOT NULL DEFAULT '',
    code TEXT NOT NULL,
    lasterror TEXT NOT NULL DEFAULT '',
    game INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    patch TEXT,
    step TEXT,
    ends_as INTEGER,
    next_at INTEGER
);
CREATE INDEX IF NOT EXISTS mannco_newest ON mannco_trade (steamid64, created_ms);
CREATE INDEX IF NOT EXISTS mannco_due ON mannco_trade (next_at) WHERE next_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""

TRADE_INDEXES = {
    "trade_by_id": "CREATE UNIQUE INDEX {} trade_by_id ON trade (trade_id)",
    "trade_by_created": "CREATE INDEX {} trade_by_created ON trade (account_id, created, purchase)",
    "trade_by_updated": "CREATE INDEX {} trade_by_updated ON trade (account_id, updated, purchase)",
    "trade_by_custom_id": "CREATE INDEX {} trade_by_custom_id ON trade (account_id, custom_id)",
    "trade_by_offer": "CREATE INDEX {} trade_by_offer ON trade (account_id, offer_id)",
    "trade_by_steam_id": "CREATE INDEX {} trade_by_steam_id ON trade (account_id, steam_trade_id)",
    "trade_by_status": (
        "CREATE INDEX {} trade_by_status ON trade (account_id, game, status, purchase, value)"
    ),
    "trade_due": "CREATE INDEX {} trade_due ON trade (next_at) WHERE next_at IS NOT NULL",
}

TRADE_COLUMNS = (
    "account_id",
    "purchase",
    "trade_id",
    "custom_id",
    "game",
    "status",
    "summary",
    "steam_status",
    "steam_trade_id",
    "offer_id",
    "buyer",
    "bot",
    "tradelink",
    "gives",
    "receives",
    "value",
    "created",
    "updated",
    "settles",
    "error",
    "patch",
    "step",
    "outcome",
    "next_at",
)
