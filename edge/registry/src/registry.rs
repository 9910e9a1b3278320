//! The register as the platform uses it: every change is one transaction, and is in memory when the call comes back.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use plomb_model::{DeviceId, Position, Standing, Timestamp};
use plomb_session::{DeviceKey, KeyPurpose, Secrets};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::cipher::Cipher;
use crate::exchange::{Kind, Record, alias_of};
use crate::import::{Import, RowFault, Rows};
use crate::live::Live;
use crate::record::{
    Adoption, Alias, AuditRow, Credential, Custody, Device, DeviceFilter, KeyFact, Model, Reader, Refusal,
};
use crate::store::{self, Who};
use crate::{Fault, RegistryError, schema};

/// Name of the database in the data directory.
const DATABASE: &str = "registry.sqlite";
/// Name of the master key's file in the data directory.
const MASTER_KEY: &str = "registry.key";

type Result<T> = std::result::Result<T, RegistryError>;

/// The register of devices. Calls may block; they are whole or have no effect.
pub struct Registry {
    connection: Mutex<Connection>,
    cipher: Cipher,
    live: RwLock<Live>,
    /// Counts the changes, so that others can tell that there was one.
    changes: AtomicU64,
    /// SQLite's own count of the changes of other processes.
    seen: AtomicU64,
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Registry")
    }
}

impl Registry {
    /// Opens or makes the register of a data directory, with its master key.
    ///
    /// # Errors
    /// [`RegistryError`] when a file cannot be read or made, or the master key is another one.
    pub fn open(directory: &Path) -> Result<Self> {
        Self::with(schema::open(&directory.join(DATABASE))?, Cipher::open(&directory.join(MASTER_KEY))?)
    }

    /// A register that is gone when it is dropped.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn in_memory() -> Result<Self> {
        Self::with(schema::in_memory()?, Cipher::forgotten()?)
    }

    fn with(connection: Connection, cipher: Cipher) -> Result<Self> {
        store::check_master(&connection, &cipher)?;
        let registry = Self {
            connection: Mutex::new(connection),
            cipher,
            live: RwLock::default(),
            changes: AtomicU64::new(1),
            seen: AtomicU64::new(0),
        };
        let connection = registry.lock();
        registry.seen.store(data_version(&connection)?, Ordering::Release);
        registry.load(&connection)?;
        drop(connection);
        Ok(registry)
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes all that is looked up into memory.
    fn load(&self, connection: &Connection) -> Result<()> {
        let mut live = Live::default();
        let (devices, _) = store::devices(connection, &DeviceFilter::default(), usize::MAX)?;
        live.devices = devices.into_iter().map(|device| (device.id, device.standing)).collect();
        let aliases = store::aliases(connection, None)?;
        live.aliases = aliases.into_iter().map(|alias| (alias.alias, alias.device)).collect();
        let readers = store::readers(connection)?;
        live.readers =
            readers.iter().filter_map(|reader| Some((reader.device().ok()?, reader.place()))).collect();
        live.refused = store::refusals(connection)?.into_iter().map(|refusal| refusal.device).collect();
        for key in store::keys(connection, &self.cipher)? {
            live.keys.put(key);
        }
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = live;
        self.changes.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }

    /// Takes in what another process changed, such as an import. Cheap when nothing was.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn refresh(&self) -> Result<()> {
        let connection = self.lock();
        let version = data_version(&connection)?;
        if self.seen.swap(version, Ordering::AcqRel) != version {
            self.load(&connection)?;
        }
        Ok(())
    }

    /// A number that grows with every change.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    fn write<T>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T>,
        remember: impl FnOnce(&mut Live),
    ) -> Result<T> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = change(&transaction)?;
        transaction.commit()?;
        remember(&mut self.live.write().unwrap_or_else(PoisonError::into_inner));
        self.changes.fetch_add(1, Ordering::AcqRel);
        Ok(done)
    }

    fn live<T>(&self, look: impl FnOnce(&Live) -> T) -> T {
        look(&self.live.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether somebody has said that a device is ours, by this identifier or another of its names.
    #[must_use]
    pub fn knows(&self, device: &DeviceId) -> bool {
        self.live(|live| live.knows(device))
    }

    /// The registered device of this name: itself, or the one that has it as another name.
    #[must_use]
    pub fn device_of(&self, name: &DeviceId) -> Option<DeviceId> {
        self.live(|live| live.device_of(name))
    }

    /// Whether somebody has said that a device is not ours.
    #[must_use]
    pub fn has_refused(&self, device: &DeviceId) -> bool {
        self.live(|live| live.refused.contains(device))
    }

    /// How a registered device stands by the register.
    #[must_use]
    pub fn standing(&self, device: &DeviceId) -> Option<Standing> {
        self.live(|live| live.devices.get(device).copied())
    }

    /// Every gate with its place, where that is on record.
    #[must_use]
    pub fn gates(&self) -> Vec<(DeviceId, Option<Position>)> {
        self.live(|live| live.readers.iter().map(|(gate, place)| (*gate, *place)).collect())
    }

    /// Every registered device that is out of service in some way.
    #[must_use]
    pub fn out_of_service(&self) -> Vec<(DeviceId, Standing)> {
        let out = |(device, standing): (&DeviceId, &Standing)| {
            (*standing != Standing::InService).then_some((*device, *standing))
        };
        self.live(|live| live.devices.iter().filter_map(out).collect())
    }

    /// Puts a model in, or changes it.
    ///
    /// # Errors
    /// [`RegistryError`], as all calls.
    pub fn put_model(&self, by: &str, at: Timestamp, model: &Model) -> Result<()> {
        self.write(|db| store::put_model(db, Who { by, at }, model), |_| {})
    }

    /// Registers a device, or changes what is known of it; a handover is noted where the holder is another.
    ///
    /// # Errors
    /// [`RegistryError`], as all calls.
    pub fn put_device(&self, by: &str, at: Timestamp, device: &Device, holder: Option<&str>) -> Result<()> {
        let remember = |live: &mut Live| {
            live.devices.insert(device.id, device.standing);
            live.refused.remove(&device.id);
        };
        self.write(|db| put_device(db, Who { by, at }, device, holder), remember)
    }

    /// Notes that somebody else holds a device.
    ///
    /// # Errors
    /// [`RegistryError`], as all calls.
    pub fn hand_over(&self, by: &str, at: Timestamp, custody: &Custody) -> Result<()> {
        self.write(|db| store::hand_over(db, Who { by, at }, custody), |_| {})
    }

    /// Makes a device in quarantine one of ours: with its model, in somebody's custody, in service.
    ///
    /// # Errors
    /// [`RegistryError`], as all calls.
    pub fn adopt(&self, by: &str, at: Timestamp, device: DeviceId, adoption: &Adoption) -> Result<()> {
        let mut registered = Device::new(device, &adoption.model);
        registered.label.clone_from(&adoption.label);
        registered.note.clone_from(&adoption.note);
        let custody = Custody { note: adoption.note.clone(), ..Custody::new(device, &adoption.holder, at) };
        let change = |db: &Transaction<'_>| {
            let who = Who { by, at };
            if store::find_device(db, &device)?.is_some() {
                return Err(RegistryError::Conflict(format!("{device} is registered already")));
            }
            store::put_device(db, who, &registered)?;
            store::hand_over(db, who, &custody)
        };
        self.write(change, |live| {
            live.devices.insert(device, Standing::InService);
            live.refused.remove(&device);
        })
    }

    /// Notes that a device is not ours.
    ///
    /// # Errors
    /// [`RegistryError`], as all calls.
    pub fn refuse(&self, by: &str, at: Timestamp, device: &DeviceId, reason: &str) -> Result<()> {
        let change = |db: &Transaction<'_>| store::refuse(db, Who { by, at }, device, reason);
        self.write(change, |live| {
            live.refused.insert(*device);
        })
    }

    /// Sets a key in the place of the one with the same device, purpose and id; tells it by its fingerprint.
    ///
    /// # Errors
    /// [`RegistryError`], as all calls.
    pub fn put_key(&self, by: &str, at: Timestamp, key: DeviceKey) -> Result<KeyFact> {
        let put = key.clone();
        self.write(|db| store::put_key(db, Who { by, at }, &self.cipher, &key), |live| live.keys.put(put))
    }

    /// Lets a device publish by MQTT.
    ///
    /// # Errors
    /// [`RegistryError`], as all calls.
    pub fn put_credential(&self, by: &str, at: Timestamp, credential: &Credential) -> Result<()> {
        self.write(|db| store::put_credential(db, Who { by, at }, credential), |_| {})
    }

    /// Puts a reader in, or changes it.
    ///
    /// # Errors
    /// [`RegistryError`], as all calls.
    pub fn put_reader(&self, by: &str, at: Timestamp, reader: &Reader) -> Result<()> {
        let device = reader.device()?;
        let change = |db: &Transaction<'_>| store::put_reader(db, Who { by, at }, reader);
        self.write(change, |live| {
            live.readers.insert(device, reader.place());
        })
    }

    /// Gives a device another name: an EPC, a chip number, a printed mark, a GS1 Digital Link, a container number,
    /// as it is written.
    ///
    /// # Errors
    /// [`RegistryError`], as all calls.
    pub fn put_alias(&self, by: &str, at: Timestamp, device: DeviceId, written: &str) -> Result<Alias> {
        let alias = alias_of(device, written)?;
        let (name, put) = (alias.alias, alias.clone());
        self.write(
            |db| store::put_alias(db, Who { by, at }, &put),
            |live| {
                live.aliases.insert(name, device);
            },
        )?;
        Ok(alias)
    }

    /// Takes a name from the device that has it.
    ///
    /// # Errors
    /// [`RegistryError`], as all calls.
    pub fn drop_alias(&self, by: &str, at: Timestamp, alias: &DeviceId) -> Result<()> {
        self.write(
            |db| store::drop_alias(db, Who { by, at }, alias),
            |live| {
                live.aliases.remove(alias);
            },
        )
    }

    /// Takes a key back: from now on it proves nothing.
    ///
    /// # Errors
    /// [`RegistryError`], as all calls.
    pub fn drop_key(
        &self,
        by: &str,
        at: Timestamp,
        device: &DeviceId,
        purpose: KeyPurpose,
        id: &[u8],
    ) -> Result<()> {
        self.take_back(|db| store::drop_key(db, Who { by, at }, device, purpose, id))
    }

    /// Takes a credential back.
    ///
    /// # Errors
    /// [`RegistryError`], as all calls.
    pub fn drop_credential(&self, by: &str, at: Timestamp, name: &str) -> Result<()> {
        self.take_back(|db| store::drop_credential(db, Who { by, at }, name))
    }

    /// Takes a reader out.
    ///
    /// # Errors
    /// [`RegistryError`], as all calls.
    pub fn drop_reader(&self, by: &str, at: Timestamp, name: &str) -> Result<()> {
        self.take_back(|db| store::drop_reader(db, Who { by, at }, name))
    }

    /// What is looked up in memory is read anew: what was taken back is rare, and must be gone.
    fn take_back(&self, change: impl FnOnce(&Transaction<'_>) -> Result<()>) -> Result<()> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        change(&transaction)?;
        transaction.commit()?;
        self.load(&connection)
    }

    /// Takes the records of a file in, all or none.
    ///
    /// # Errors
    /// [`RegistryError`] of the database; what is wrong with the rows is in the answer.
    pub fn import(&self, by: &str, at: Timestamp, rows: Rows, dry_run: bool) -> Result<Import> {
        let Rows { mut records, faults } = rows;
        let mut import = Import { faults, ..Import::default() };
        records.sort_by_key(|(_, record)| record.kind());
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (line, record) in records {
            let kind = record.kind();
            match self.put(&transaction, Who { by, at }, record) {
                Ok(()) => {
                    let place = Kind::ALL.iter().position(|known| *known == kind).unwrap_or_default();
                    if let Some(count) = import.counts.get_mut(place) {
                        *count += 1;
                    }
                }
                Err(RegistryError::Unacceptable(fault)) => import.faults.push(RowFault { line, fault }),
                Err(RegistryError::Unknown(what)) => {
                    let field = if kind == Kind::Device { "model" } else { "device" };
                    let fault = Fault::new(field, format!("there is no {what}"));
                    import.faults.push(RowFault { line, fault });
                }
                Err(RegistryError::Conflict(why)) => {
                    import.faults.push(RowFault { line, fault: Fault::new(kind.name(), why) });
                }
                Err(failed) => return Err(failed),
            }
        }
        import.faults.sort_by_key(|fault| fault.line);
        if dry_run || !import.faults.is_empty() {
            return Ok(import);
        }
        transaction.commit()?;
        self.load(&connection)?;
        import.done = true;
        Ok(import)
    }

    fn put(&self, db: &Connection, who: Who<'_>, record: Record) -> Result<()> {
        match record {
            Record::Model(model) => store::put_model(db, who, &model),
            Record::Device(device, holder) => put_device(db, who, &device, holder.as_deref()),
            Record::Reader(reader) => store::put_reader(db, who, &reader),
            Record::Alias(device, written) => store::put_alias(db, who, &alias_of(device, &written)?),
            Record::Key(key) => store::put_key(db, who, &self.cipher, &key).map(drop),
            Record::Credential(credential) => store::put_credential(db, who, &credential),
        }
    }

    /// All that may leave the register: models, devices, readers and aliases; never keys or credentials.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn export(&self) -> Result<Vec<Record>> {
        let db = self.lock();
        let mut records: Vec<Record> = store::models(&db)?.into_iter().map(Record::Model).collect();
        let (devices, _) = store::devices(&db, &DeviceFilter::default(), usize::MAX)?;
        records.extend(devices.into_iter().map(|device| {
            let holder = device.holder.clone();
            Record::Device(device, holder)
        }));
        records.extend(store::readers(&db)?.into_iter().map(Record::Reader));
        let aliases = store::aliases(&db, None)?;
        records.extend(aliases.into_iter().map(|alias| Record::Alias(alias.device, alias.written)));
        Ok(records)
    }

    /// Every model, by name.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn models(&self) -> Result<Vec<Model>> {
        store::models(&self.lock())
    }

    /// Devices by identifier, at most so many, and how many match on all pages.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn devices(&self, filter: &DeviceFilter, limit: usize) -> Result<(Vec<Device>, u64)> {
        store::devices(&self.lock(), filter, limit)
    }

    /// One device.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn device(&self, id: &DeviceId) -> Result<Option<Device>> {
        store::find_device(&self.lock(), id)
    }

    /// What keys a device has, or with `None` which are of whole batches; never the keys.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn key_facts(&self, device: Option<&DeviceId>) -> Result<Vec<KeyFact>> {
        store::key_facts(&self.lock(), device)
    }

    /// Who may publish by MQTT.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn credentials(&self) -> Result<Vec<Credential>> {
        store::credentials(&self.lock())
    }

    /// Every reader, by name.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn readers(&self) -> Result<Vec<Reader>> {
        store::readers(&self.lock())
    }

    /// Other names: of a device, or of all.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn aliases(&self, device: Option<&DeviceId>) -> Result<Vec<Alias>> {
        store::aliases(&self.lock(), device)
    }

    /// Who has held a device, newest first.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn custody(&self, device: &DeviceId) -> Result<Vec<Custody>> {
        store::custody(&self.lock(), device)
    }

    /// Devices that are not ours.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn refusals(&self) -> Result<Vec<Refusal>> {
        store::refusals(&self.lock())
    }

    /// What was changed, newest first: about one thing, such as `device imei:356307042441013`, or all.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn audit(&self, about: Option<&str>, limit: usize) -> Result<Vec<AuditRow>> {
        store::audit(&self.lock(), about, limit)
    }
}

fn put_device(db: &Connection, who: Who<'_>, device: &Device, holder: Option<&str>) -> Result<()> {
    store::put_device(db, who, device)?;
    let Some(holder) = holder else { return Ok(()) };
    let now = store::find_device(db, &device.id)?.and_then(|device| device.holder);
    if now.as_deref() == Some(holder.trim()) {
        return Ok(());
    }
    store::hand_over(db, who, &Custody::new(device.id, holder, who.at))
}

fn data_version(connection: &Connection) -> Result<u64> {
    let version: i64 = connection.pragma_query_value(None, "data_version", |row| row.get(0))?;
    Ok(version.cast_unsigned())
}

impl Secrets for Registry {
    fn find(&self, purpose: KeyPurpose, id: &[u8], found: &mut Vec<DeviceKey>) {
        self.live(|live| live.keys.find(purpose, id, found));
    }

    fn all(&self, purpose: KeyPurpose, found: &mut Vec<DeviceKey>) {
        self.live(|live| live.keys.all(purpose, found));
    }
}
