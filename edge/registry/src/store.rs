//! The statements: each notes in the audit what it changed, within the caller's transaction.

use plomb_model::{DeviceClass, DeviceId, Protocol, Standing, Timestamp};
use plomb_session::{DeviceKey, KeyPurpose, SecretBytes};
use plomb_wire::to_hex;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};

use crate::cipher::{Cipher, about};
use crate::exchange::{Record, reader_json, reader_of, to_json};
use crate::record::{
    Alias, AuditRow, Credential, Custody, CustodyStatus, Device, DeviceFilter, KeyFact, Model, Reader,
    Refusal,
};
use crate::{Fault, RegistryError};

type Result<T> = std::result::Result<T, RegistryError>;

/// Who changes something, and when.
#[derive(Clone, Copy)]
pub(crate) struct Who<'a> {
    pub(crate) by: &'a str,
    pub(crate) at: Timestamp,
}

fn note(db: &Connection, who: Who<'_>, what: &str, about: &str, detail: &Value) -> Result<()> {
    let sql = "INSERT INTO audit (at_ms, by, what, about, detail) VALUES (?1, ?2, ?3, ?4, ?5)";
    db.prepare_cached(sql)?.execute(params![who.at.as_millis(), who.by, what, about, detail.to_string()])?;
    Ok(())
}

pub(crate) fn put_model(db: &Connection, who: Who<'_>, model: &Model) -> Result<()> {
    model.check()?;
    let protocols: Vec<&str> = model.protocols.iter().map(|protocol| protocol.name()).collect();
    let sql = "INSERT INTO models
               (name, manufacturer, class, protocols, sensors, bands, battery_chemistry, battery_mah, approval)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
               ON CONFLICT (name) DO UPDATE SET manufacturer = ?2, class = ?3, protocols = ?4, sensors = ?5,
               bands = ?6, battery_chemistry = ?7, battery_mah = ?8, approval = ?9";
    db.prepare_cached(sql)?.execute(params![
        model.name,
        model.manufacturer,
        model.class.name(),
        json!(protocols).to_string(),
        json!(model.sensors).to_string(),
        json!(model.bands).to_string(),
        model.battery_chemistry,
        model.battery_mah,
        model.approval,
    ])?;
    let detail = to_json(&Record::Model(model.clone())).unwrap_or_default();
    note(db, who, "put", &format!("model {}", model.name), &detail)
}

pub(crate) fn put_device(db: &Connection, who: Who<'_>, device: &Device) -> Result<()> {
    device.check()?;
    if !exists(db, "SELECT 1 FROM models WHERE name = ?1", &device.model)? {
        return Err(Fault::new("model", format!("there is no model {}", device.model)).into());
    }
    let id = device.id.to_string();
    let sql = "INSERT INTO devices (id, model, standing, label, note, registered_at_ms, registered_by)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
               ON CONFLICT (id) DO UPDATE SET model = ?2, standing = ?3, label = ?4, note = ?5";
    db.prepare_cached(sql)?.execute(params![
        id,
        device.model,
        device.standing.name(),
        device.label,
        device.note,
        who.at.as_millis(),
        who.by,
    ])?;
    db.prepare_cached("DELETE FROM refusals WHERE device = ?1")?.execute([&id])?;
    let detail = to_json(&Record::Device(device.clone(), None)).unwrap_or_default();
    note(db, who, "put", &format!("device {id}"), &detail)
}

pub(crate) fn hand_over(db: &Connection, who: Who<'_>, custody: &Custody) -> Result<()> {
    custody.check()?;
    let id = known(db, &custody.device)?;
    let sql = "INSERT INTO custody (device, holder, since_ms, note, recorded_by, recorded_at_ms, status, place, due_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    db.prepare_cached(sql)?.execute(params![
        id,
        custody.holder.trim(),
        custody.since.as_millis(),
        custody.note,
        who.by,
        who.at.as_millis(),
        custody.status.name(),
        custody.place.trim(),
        custody.due.map(Timestamp::as_millis),
    ])?;
    let detail = json!({
        "holder": custody.holder.trim(), "since": custody.since.to_string(), "note": custody.note,
        "status": custody.status.name(), "place": custody.place.trim(), "due": custody.due.map(|due| due.to_string()),
    });
    note(db, who, "handed over", &format!("device {id}"), &detail)
}

pub(crate) fn put_key(db: &Connection, who: Who<'_>, cipher: &Cipher, key: &DeviceKey) -> Result<KeyFact> {
    let device = match &key.device {
        Some(device) => known(db, device)?,
        None => String::new(),
    };
    let fingerprint = cipher.fingerprint(key.secret.expose());
    let sealed = cipher.seal(key.secret.expose(), &about(key))?;
    let sql = "INSERT OR REPLACE INTO keys
               (device, purpose, key_id, sealed, salt, fingerprint, set_at_ms, set_by)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let at = who.at.as_millis();
    let row = params![device, key.purpose.name(), key.id, sealed, key.salt, fingerprint, at, who.by];
    db.prepare_cached(sql)?.execute(row)?;
    let subject = if device.is_empty() { "the batch".to_owned() } else { format!("device {device}") };
    let detail = json!({"purpose": key.purpose.name(), "id": to_hex(&key.id), "fingerprint": fingerprint});
    note(db, who, "put key", &subject, &detail)?;
    Ok(KeyFact {
        device: key.device,
        purpose: key.purpose,
        id: key.id.to_vec(),
        fingerprint,
        set_at: who.at,
        set_by: who.by.to_owned(),
    })
}

pub(crate) fn put_credential(db: &Connection, who: Who<'_>, credential: &Credential) -> Result<()> {
    crate::record::name("name", &credential.name)?;
    let Credential { name, protocol, digest } = credential;
    let sql = "INSERT OR REPLACE INTO credentials (name, protocol, digest) VALUES (?1, ?2, ?3)";
    db.prepare_cached(sql)?.execute(params![name, protocol.name(), digest])?;
    note(db, who, "put", &format!("credential {name}"), &json!({"protocol": protocol.name()}))
}

pub(crate) fn put_reader(db: &Connection, who: Who<'_>, reader: &Reader) -> Result<()> {
    reader.check()?;
    let record = reader_json(reader);
    let sql = "INSERT OR REPLACE INTO readers (name, record) VALUES (?1, ?2)";
    db.prepare_cached(sql)?.execute(params![reader.name, record.to_string()])?;
    note(db, who, "put", &format!("reader {}", reader.name), &record)
}

pub(crate) fn put_alias(db: &Connection, who: Who<'_>, alias: &Alias) -> Result<()> {
    let device = known(db, &alias.device)?;
    let name = alias.alias.to_string();
    let sql = "SELECT device FROM aliases WHERE alias = ?1";
    let taken: Option<String> = db.prepare_cached(sql)?.query_row([&name], |row| row.get(0)).optional()?;
    if let Some(other) = taken.filter(|other| *other != device) {
        let why = format!("{name} names {other} already: take it from there first");
        return Err(RegistryError::Conflict(why));
    }
    let sql = "INSERT OR REPLACE INTO aliases (alias, device, written) VALUES (?1, ?2, ?3)";
    db.prepare_cached(sql)?.execute(params![name, device, alias.written])?;
    let detail = json!({"alias": name, "written": alias.written});
    note(db, who, "put alias", &format!("device {device}"), &detail)
}

pub(crate) fn drop_alias(db: &Connection, who: Who<'_>, alias: &DeviceId) -> Result<()> {
    let name = alias.to_string();
    let sql = "DELETE FROM aliases WHERE alias = ?1 RETURNING device";
    let device: Option<String> = db.prepare_cached(sql)?.query_row([&name], |row| row.get(0)).optional()?;
    let device = device.ok_or_else(|| RegistryError::Unknown(format!("alias {name}")))?;
    note(db, who, "dropped alias", &format!("device {device}"), &json!({"alias": name}))
}

/// Deletes the one row that a statement with `RETURNING 1` names.
fn delete(db: &Connection, sql: &str, row: impl rusqlite::Params, what: impl Fn() -> String) -> Result<()> {
    let gone: Option<i64> = db.prepare_cached(sql)?.query_row(row, |row| row.get(0)).optional()?;
    gone.map(drop).ok_or_else(|| RegistryError::Unknown(what()))
}

pub(crate) fn drop_key(
    db: &Connection,
    who: Who<'_>,
    device: &DeviceId,
    purpose: KeyPurpose,
    key_id: &[u8],
) -> Result<()> {
    let (device, id) = (device.to_string(), to_hex(key_id));
    let sql = "DELETE FROM keys WHERE device = ?1 AND purpose = ?2 AND key_id = ?3 RETURNING 1";
    let what = || format!("key {} {id} of {device}", purpose.name());
    delete(db, sql, params![device, purpose.name(), key_id], what)?;
    let detail = json!({"purpose": purpose.name(), "id": id});
    note(db, who, "dropped key", &format!("device {device}"), &detail)
}

pub(crate) fn drop_credential(db: &Connection, who: Who<'_>, name: &str) -> Result<()> {
    let sql = "DELETE FROM credentials WHERE name = ?1 RETURNING 1";
    delete(db, sql, [name], || format!("credential {name}"))?;
    note(db, who, "dropped", &format!("credential {name}"), &json!({}))
}

pub(crate) fn drop_reader(db: &Connection, who: Who<'_>, name: &str) -> Result<()> {
    let sql = "DELETE FROM readers WHERE name = ?1 RETURNING 1";
    delete(db, sql, [name], || format!("reader {name}"))?;
    note(db, who, "dropped", &format!("reader {name}"), &json!({}))
}

pub(crate) fn refuse(db: &Connection, who: Who<'_>, device: &DeviceId, reason: &str) -> Result<()> {
    crate::record::note("reason", reason)?;
    let id = device.to_string();
    if exists(db, "SELECT 1 FROM devices WHERE id = ?1", &id)? {
        return Err(RegistryError::Conflict(format!("{id} is registered: suspend or retire it")));
    }
    let sql = "INSERT OR REPLACE INTO refusals (device, reason, by, at_ms) VALUES (?1, ?2, ?3, ?4)";
    db.prepare_cached(sql)?.execute(params![id, reason, who.by, who.at.as_millis()])?;
    note(db, who, "refused", &format!("device {id}"), &json!({"reason": reason}))
}

pub(crate) fn models(db: &Connection) -> Result<Vec<Model>> {
    let sql = "SELECT name, manufacturer, class, protocols, sensors, bands, battery_chemistry, battery_mah,
               approval FROM models ORDER BY name";
    collect(db.prepare_cached(sql)?.query_map([], model)?)
}

pub(crate) fn devices(db: &Connection, filter: &DeviceFilter, limit: usize) -> Result<(Vec<Device>, u64)> {
    let from = "FROM devices WHERE (?1 = '' OR instr(lower(id || ' ' || label || ' ' ||
                  coalesce((SELECT holder FROM custody WHERE device = devices.id ORDER BY number DESC LIMIT 1), '')),
                  ?1) > 0)
                AND (?2 IS NULL OR model = ?2) AND (?3 IS NULL OR standing = ?3)
                AND (?4 IS NULL OR ?4 =
                  (SELECT status FROM custody WHERE device = devices.id ORDER BY number DESC LIMIT 1))
                AND (?5 IS NULL OR ?5 >=
                  (SELECT due_ms FROM custody WHERE device = devices.id ORDER BY number DESC LIMIT 1))";
    let (search, standing) = (filter.search.to_lowercase(), filter.standing.map(Standing::name));
    let (status, due_ms) = (filter.status.map(CustodyStatus::name), filter.due_by.map(Timestamp::as_millis));
    let total: i64 = db
        .prepare_cached(&format!("SELECT count(*) {from}"))?
        .query_row(params![search, filter.model, standing, status, due_ms], |row| row.get(0))?;
    let sql = format!("{DEVICE} {from} AND (?6 IS NULL OR id > ?6) ORDER BY id LIMIT ?7");
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let row = params![search, filter.model, standing, status, due_ms, filter.after, limit];
    let devices = collect(db.prepare_cached(&sql)?.query_map(row, device)?)?;
    Ok((devices, u64::try_from(total).unwrap_or(0)))
}

const DEVICE: &str = "SELECT id, model, standing, label, note, registered_at_ms, registered_by,
    (SELECT holder FROM custody WHERE device = devices.id ORDER BY number DESC LIMIT 1),
    (SELECT status FROM custody WHERE device = devices.id ORDER BY number DESC LIMIT 1),
    (SELECT place FROM custody WHERE device = devices.id ORDER BY number DESC LIMIT 1),
    (SELECT due_ms FROM custody WHERE device = devices.id ORDER BY number DESC LIMIT 1)";

pub(crate) fn find_device(db: &Connection, id: &DeviceId) -> Result<Option<Device>> {
    let sql = format!("{DEVICE} FROM devices WHERE id = ?1");
    Ok(db.prepare_cached(&sql)?.query_row([id.to_string()], device).optional()?)
}

pub(crate) fn key_facts(db: &Connection, device: Option<&DeviceId>) -> Result<Vec<KeyFact>> {
    let sql = "SELECT device, purpose, key_id, fingerprint, set_at_ms, set_by FROM keys WHERE device = ?1
               ORDER BY purpose, key_id";
    let id = device.map(ToString::to_string).unwrap_or_default();
    let fact = |row: &Row<'_>| {
        Ok(KeyFact {
            device: device.copied(),
            purpose: read(row, 1, KeyPurpose::from_name)?,
            id: row.get(2)?,
            fingerprint: row.get(3)?,
            set_at: Timestamp::from_millis(row.get(4)?),
            set_by: row.get(5)?,
        })
    };
    collect(db.prepare_cached(sql)?.query_map([id], fact)?)
}

/// Every key, in the clear.
pub(crate) fn keys(db: &Connection, cipher: &Cipher) -> Result<Vec<DeviceKey>> {
    let sql = "SELECT device, purpose, key_id, sealed, salt FROM keys ORDER BY device, purpose, key_id";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        let device: String = row.get(0)?;
        let mut key = DeviceKey {
            device: device.parse().ok(),
            purpose: read(row, 1, KeyPurpose::from_name)?,
            id: row.get::<_, Vec<u8>>(2)?.into(),
            secret: SecretBytes::new(&[]),
            salt: row.get::<_, Vec<u8>>(4)?.into(),
        };
        let mut secret = cipher.open_sealed(&row.get::<_, Vec<u8>>(3)?, &about(&key))?;
        key.secret = SecretBytes::new(&secret);
        secret.fill(0);
        keys.push(key);
    }
    Ok(keys)
}

pub(crate) fn credentials(db: &Connection) -> Result<Vec<Credential>> {
    let sql = "SELECT name, protocol, digest FROM credentials ORDER BY name";
    let credential = |row: &Row<'_>| {
        Ok(Credential {
            name: row.get(0)?,
            protocol: read(row, 1, Protocol::from_name)?,
            digest: row.get(2)?,
        })
    };
    collect(db.prepare_cached(sql)?.query_map([], credential)?)
}

pub(crate) fn readers(db: &Connection) -> Result<Vec<Reader>> {
    let sql = "SELECT record FROM readers ORDER BY name";
    let reader = |row: &Row<'_>| {
        let fields = serde_json::from_str(&row.get::<_, String>(0)?).ok();
        fields.and_then(|fields| reader_of(fields).ok()).ok_or(rusqlite::Error::InvalidQuery)
    };
    collect(db.prepare_cached(sql)?.query_map([], reader)?)
}

pub(crate) fn aliases(db: &Connection, device: Option<&DeviceId>) -> Result<Vec<Alias>> {
    let sql = "SELECT alias, device, written FROM aliases WHERE ?1 IS NULL OR device = ?1 ORDER BY alias";
    let alias = |row: &Row<'_>| Ok(Alias { alias: id(row, 0)?, device: id(row, 1)?, written: row.get(2)? });
    collect(db.prepare_cached(sql)?.query_map([device.map(ToString::to_string)], alias)?)
}

pub(crate) fn custody(db: &Connection, device: &DeviceId) -> Result<Vec<Custody>> {
    let sql = "SELECT device, holder, since_ms, note, recorded_by, recorded_at_ms, status, place, due_ms FROM custody
               WHERE device = ?1 ORDER BY number DESC";
    let custody = |row: &Row<'_>| {
        Ok(Custody {
            device: id(row, 0)?,
            holder: row.get(1)?,
            since: Timestamp::from_millis(row.get(2)?),
            note: row.get(3)?,
            recorded_by: row.get(4)?,
            recorded_at: Timestamp::from_millis(row.get(5)?),
            status: read(row, 6, CustodyStatus::from_name)?,
            place: row.get(7)?,
            due: row.get::<_, Option<i64>>(8)?.map(Timestamp::from_millis),
        })
    };
    collect(db.prepare_cached(sql)?.query_map([device.to_string()], custody)?)
}

pub(crate) fn refusals(db: &Connection) -> Result<Vec<Refusal>> {
    let sql = "SELECT device, reason, by, at_ms FROM refusals ORDER BY device";
    let refusal = |row: &Row<'_>| {
        Ok(Refusal {
            device: id(row, 0)?,
            reason: row.get(1)?,
            by: row.get(2)?,
            at: Timestamp::from_millis(row.get(3)?),
        })
    };
    collect(db.prepare_cached(sql)?.query_map([], refusal)?)
}

pub(crate) fn audit(db: &Connection, about: Option<&str>, limit: usize) -> Result<Vec<AuditRow>> {
    let sql = "SELECT number, at_ms, by, what, about, detail FROM audit WHERE ?1 IS NULL OR about = ?1
               ORDER BY number DESC LIMIT ?2";
    let row = |row: &Row<'_>| {
        Ok(AuditRow {
            number: row.get(0)?,
            at: Timestamp::from_millis(row.get(1)?),
            by: row.get(2)?,
            what: row.get(3)?,
            about: row.get(4)?,
            detail: row.get(5)?,
        })
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    collect(db.prepare_cached(sql)?.query_map(params![about, limit], row)?)
}

/// Checks that the master key is the one of this database, or makes it so.
pub(crate) fn check_master(db: &Connection, cipher: &Cipher) -> Result<()> {
    const TEXT: &[u8] = b"plomb registry";
    let sealed: Option<Vec<u8>> =
        db.query_row("SELECT sealed FROM master", [], |row| row.get(0)).optional()?;
    match sealed {
        Some(sealed) => cipher.open_sealed(&sealed, TEXT).map(drop),
        None => {
            let sealed = cipher.seal(TEXT, TEXT)?;
            db.execute("INSERT INTO master (only, sealed) VALUES (1, ?1)", [sealed])?;
            Ok(())
        }
    }
}

/// The identifier of a registered device as the tables have it.
fn known(db: &Connection, device: &DeviceId) -> Result<String> {
    let id = device.to_string();
    if exists(db, "SELECT 1 FROM devices WHERE id = ?1", &id)? {
        return Ok(id);
    }
    Err(RegistryError::Unknown(format!("registered device {id}")))
}

fn exists(db: &Connection, sql: &str, name: &str) -> Result<bool> {
    Ok(db.prepare_cached(sql)?.exists([name])?)
}

fn collect<T>(rows: impl Iterator<Item = rusqlite::Result<T>>) -> Result<Vec<T>> {
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A word of the domain; a row that holds another is damaged.
fn read<T>(row: &Row<'_>, column: usize, from: impl Fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    from(&row.get::<_, String>(column)?).ok_or(rusqlite::Error::InvalidQuery)
}

fn id(row: &Row<'_>, column: usize) -> rusqlite::Result<DeviceId> {
    read(row, column, |text| text.parse().ok())
}

fn model(row: &Row<'_>) -> rusqlite::Result<Model> {
    let classes = [DeviceClass::Passive, DeviceClass::SemiActive, DeviceClass::Active];
    let class = |name: &str| classes.into_iter().find(|class| class.name() == name);
    let texts = |column| -> rusqlite::Result<Vec<String>> {
        read(row, column, |text| serde_json::from_str(text).ok())
    };
    Ok(Model {
        name: row.get(0)?,
        manufacturer: row.get(1)?,
        class: read(row, 2, class)?,
        protocols: texts(3)?.iter().filter_map(|name| Protocol::from_name(name)).collect(),
        sensors: texts(4)?,
        bands: texts(5)?,
        battery_chemistry: row.get(6)?,
        battery_mah: row.get(7)?,
        approval: row.get(8)?,
    })
}

fn device(row: &Row<'_>) -> rusqlite::Result<Device> {
    Ok(Device {
        id: id(row, 0)?,
        model: row.get(1)?,
        standing: read(row, 2, Standing::from_name)?,
        label: row.get(3)?,
        note: row.get(4)?,
        registered_at: Timestamp::from_millis(row.get(5)?),
        registered_by: row.get(6)?,
        holder: row.get(7)?,
        status: row.get::<_, Option<String>>(8)?.as_deref().and_then(CustodyStatus::from_name),
        place: row.get(9)?,
        due: row.get::<_, Option<i64>>(10)?.map(Timestamp::from_millis),
    })
}
