//! The local AWS itself: opening it and looking into it.

use std::any::{Any, TypeId};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::Request;
use serde_json::Value;
use tokio::sync::Notify;

use crate::addresses::free_port;
use crate::clock::Clock;
use crate::fault::FaultPlan;
use crate::options::Options;
use crate::perform::Past;
use crate::random::Random;
use crate::record::{CallRecord, Log};
use crate::saver::Saver;
use crate::service::{Call, Fault, Input};
use crate::services;
use crate::state::{Account, VERSION};
use crate::store::{Blobs, Directory, Locked, OpenError};
use crate::wire::Wire;

/// A local AWS. Clones are handles to the same one.
#[derive(Clone)]
pub struct LocalAws(Arc<Shared>);

/// What opening a directory gives.
#[derive(Debug)]
pub enum Opened {
    /// This process owns the state.
    Owner(LocalAws),
    /// Another process owns it and serves it.
    Served {
        /// Its address, such as `127.0.0.1:4566`.
        address: String,
    },
}

struct Shared {
    options: Options,
    clock: Clock,
    inner: Arc<Mutex<Inner>>,
    log: Mutex<Log>,
    attachments: Mutex<BTreeMap<TypeId, Arc<dyn Any + Send + Sync>>>,
    /// Told after each change of the state.
    changed: Notify,
    /// None where the state is in memory.
    saver: Option<Saver>,
    watcher: Mutex<Option<Watcher>>,
}

/// All that a local AWS holds at one moment, to go on from as often as one likes.
#[derive(Clone)]
pub struct Moment {
    account: Account,
    blobs: Blobs,
    random: Random,
    options: Options,
    now_ms: i64,
}

/// Where a call is when it is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// It has arrived and had no effect yet.
    Before,
    /// It has had its effect, and its answer has not left.
    After,
}

/// Called around every call, while nothing is locked.
pub type Watcher = Arc<dyn Fn(Stage, &CallRecord) + Send + Sync>;

pub(crate) struct Inner {
    pub(crate) account: Account,
    pub(crate) blobs: Blobs,
    pub(crate) random: Random,
    /// The account as it was, while some fault may show it.
    pub(crate) past: Past,
    directory: Option<Directory>,
    /// The document that is on disk: what memory goes back to when a write fails.
    pub(crate) saved: Vec<u8>,
    /// Whether there are changes that are not in it.
    is_ahead: bool,
}

impl fmt::Debug for LocalAws {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LocalAws").finish_non_exhaustive()
    }
}

impl LocalAws {
    /// A local AWS that forgets everything at its end.
    ///
    /// # Panics
    /// When `options.record_to` cannot be opened, or no port is free.
    pub fn in_memory(options: Options) -> Self {
        let blobs = Blobs::Memory(BTreeMap::new());
        Self::start(options, Account::default(), blobs, None).expect("memory is always usable")
    }

    /// The local AWS whose state is in `directory`, which is created if need be.
    ///
    /// # Errors
    /// When another process owns it without serving it, or it cannot be used.
    pub fn open(directory: &Path, options: Options) -> Result<Opened, OpenError> {
        match Directory::lock(directory)? {
            Locked::Ours(owned) => {
                let account = owned.load()?.unwrap_or_default();
                let blobs = Blobs::of(&owned);
                Self::start(options, account, blobs, Some(owned)).map(Opened::Owner)
            }
            Locked::Theirs(Some(crate::store::Owner { address: Some(address), .. })) => {
                Ok(Opened::Served { address })
            }
            Locked::Theirs(owner) => Err(OpenError::Busy {
                directory: directory.to_owned(),
                pid: owner.map(|owner| owner.pid),
            }),
        }
    }

    fn start(
        options: Options,
        mut account: Account,
        blobs: Blobs,
        directory: Option<Directory>,
    ) -> Result<Self, OpenError> {
        account.version = VERSION;
        if let Some(port) = options.port {
            account.port = port;
        } else if account.port == 0 {
            account.port =
                free_port().map_err(|source| OpenError::Io { path: "127.0.0.1".into(), source })?;
        }
        let log = Log::new(options.record_to.as_deref()).map_err(|source| OpenError::Io {
            path: options.record_to.clone().unwrap_or_default(),
            source,
        })?;
        let random = Random::new(options.seed, account.revision);
        let clock = Clock::starting_at(options.epoch_ms);
        let mut inner = Inner::of(account, blobs, random);
        inner.directory = directory;
        inner.save().map_err(|source| OpenError::Io { path: "state.json".into(), source })?;
        inner.blobs.sweep(&inner.saved);
        let is_on_disk = inner.directory.is_some();
        let inner = Arc::new(Mutex::new(inner));
        let saved = Arc::clone(&inner);
        let saver = is_on_disk
            .then(|| Saver::start(move || keep_up(&saved)))
            .transpose()
            .map_err(|source| OpenError::Io { path: "state.json".into(), source })?;
        Ok(Self(Arc::new(Shared {
            options,
            clock,
            inner,
            log: Mutex::new(log),
            attachments: Mutex::default(),
            changed: Notify::new(),
            saver,
            watcher: Mutex::default(),
        })))
    }

    /// All that there is at this moment.
    pub fn moment(&self) -> Moment {
        let inner = self.inner();
        Moment {
            account: inner.account.clone(),
            blobs: inner.blobs.clone(),
            random: inner.random.clone(),
            options: Options {
                faults: FaultPlan::default(),
                record_to: None,
                ..self.options().clone()
            },
            now_ms: self.now_ms(),
        }
    }

    /// Another local AWS in memory that goes on from here, at the same ports: what is done there leaves no trace in this one
    /// or in its directory. For trying something out.
    ///
    /// # Errors
    /// When a file of the directory cannot be read.
    pub fn copy(&self) -> std::io::Result<Self> {
        let moment = self.moment();
        let blobs = moment.blobs.in_memory()?;
        Ok(Self::resumed(&Moment { blobs, ..moment }))
    }

    /// A local AWS in memory that goes on from a moment of another: with the same time, and without faults.
    pub fn resumed(moment: &Moment) -> Self {
        let Moment { account, blobs, random, options, now_ms } = moment.clone();
        // Every clone of a plan shares its rules.
        let options = Options { faults: FaultPlan::default(), ..options };
        Self(Arc::new(Shared {
            options,
            clock: Clock::starting_at(Some(now_ms)),
            inner: Arc::new(Mutex::new(Inner::of(account, blobs, random))),
            log: Mutex::default(),
            attachments: Mutex::default(),
            changed: Notify::new(),
            saver: None,
            watcher: Mutex::default(),
        }))
    }

    /// Calls `watcher` around every call from now on.
    pub fn watch(&self, watcher: Watcher) {
        *self.0.watcher.lock().unwrap_or_else(PoisonError::into_inner) = Some(watcher);
    }

    /// Tells the watcher, if there is one.
    pub(crate) fn tell_watcher(&self, stage: Stage, call: &CallRecord) {
        let watcher = self.0.watcher.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(watcher) = watcher {
            watcher(stage, call);
        }
    }

    /// The port of every URL that the local AWS gives out. Whoever serves it should listen there.
    pub fn port(&self) -> u16 {
        self.inner().account.port
    }

    /// The ports that it answers at beside its own: one for each HTTP API and each function URL.
    pub fn api_ports(&self) -> BTreeSet<u16> {
        self.read(|account| {
            let apis = account.http_apis().map(|(_, api)| api.port);
            apis.chain(account.function_urls().map(|(_, url)| url.port)).collect()
        })
    }

    /// Waits for a change of the state, or returns at once if there was one since it was last asked.
    pub(crate) async fn changed(&self) {
        self.0.changed.notified().await;
    }

    /// Tells whoever waits that the state has changed.
    pub(crate) fn tell_change(&self) {
        self.0.changed.notify_one();
    }

    /// The options that it was opened with.
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    /// The faults to inject; more can be added at any time.
    pub fn faults(&self) -> &FaultPlan {
        &self.0.options.faults
    }

    /// Now, in milliseconds since the epoch.
    pub fn now_ms(&self) -> i64 {
        self.0.clock.now_ms()
    }

    /// Tells other processes where this one serves; `None` when it no longer does.
    ///
    /// # Errors
    /// When `owner.json` cannot be written.
    pub fn announce(&self, address: Option<String>) -> Result<(), OpenError> {
        self.inner().directory.as_ref().map_or(Ok(()), |directory| directory.announce(address))
    }

    /// The calls that were answered, cut or left hanging, in the order of arrival.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.log().calls()
    }

    /// Forgets the calls.
    pub fn clear_calls(&self) {
        self.log().clear();
    }

    /// The whole state, settled to now, in a stable order: what tests judge by.
    pub fn snapshot(&self) -> Value {
        let mut inner = self.inner();
        let regions: Vec<String> = inner.account.regions.keys().cloned().collect();
        for region in &regions {
            self.settle(&mut inner, region);
        }
        serde_json::to_value(&inner.account).expect("the state is plain data")
    }

    /// Reads the state.
    pub fn read<T>(&self, look: impl FnOnce(&Account) -> T) -> T {
        look(&self.inner().account)
    }

    /// Changes the state behind everyone's back, and stores it. For tests, and for planes.
    ///
    /// # Panics
    /// When the state cannot be written to its directory.
    pub fn edit<T>(&self, change: impl FnOnce(&mut Account) -> T) -> T {
        let mut inner = self.inner();
        let result = change(&mut inner.account);
        inner.account.revision += 1;
        inner.save().expect("the state directory is writable");
        self.tell_change();
        result
    }

    /// Changes the state as [`edit`](Self::edit) does, and has it stored soon, together with what else changes until then.
    ///
    /// For what a login or a call leaves behind: that is many small changes of many people at once, and each write of the
    /// state is a whole one.
    pub fn edit_lazily<T>(&self, change: impl FnOnce(&mut Account) -> T) -> T {
        let result = {
            let mut inner = self.inner();
            inner.account.revision += 1;
            inner.is_ahead = true;
            change(&mut inner.account)
        };
        if let Some(saver) = &self.0.saver {
            saver.ask();
        }
        self.tell_change();
        result
    }

    /// Stores what is ahead of the disk: before the process ends.
    ///
    /// # Errors
    /// When the state cannot be written to its directory.
    pub(crate) fn flush(&self) -> std::io::Result<()> {
        self.inner().catch_up()
    }

    /// Sees that the account has a bucket of this name in `region`; whether it had to be made.
    ///
    /// A stack keeps its files in a bucket that its owner has made before. Whoever works with the
    /// local AWS alone need not: this stands in for that. Over TCP the same is `CreateBucket`.
    ///
    /// # Errors
    /// When S3 does not take the name, or the bucket is in another Region.
    ///
    /// # Panics
    /// When the state cannot be written to its directory.
    pub fn ensure_bucket(&self, region: &str, name: &str) -> Result<bool, Fault> {
        let now = self.now_ms();
        if self.read(|account| services::s3::has_bucket(account, region, name))? {
            return Ok(false);
        }
        self.edit(|account| services::s3::make_bucket(account, region, name, now))?;
        Ok(true)
    }

    /// `length` random characters of `alphabet`, for planes.
    pub fn random_id(&self, alphabet: &str, length: usize) -> String {
        self.inner().random.id(alphabet, length)
    }

    /// The bytes of a blob.
    pub fn blob(&self, hash: &str) -> Option<Bytes> {
        self.inner().blobs.get(hash)
    }

    /// The folder for what lasts no longer than this process, which the next owner empties; `None` where the state is in
    /// memory.
    pub fn running(&self) -> Option<PathBuf> {
        self.inner().directory.as_ref().map(Directory::running)
    }

    /// What a service keeps while the process lives and never stores: running functions, caches.
    /// One value of each type, made when first asked for.
    ///
    /// # Panics
    /// Never: each type has its own place.
    pub fn attachment<T: Any + Default + Send + Sync>(&self) -> Arc<T> {
        let mut attachments = self.0.attachments.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = attachments.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(T::default()));
        Arc::clone(kept).downcast().expect("each type has its own place")
    }

    /// Lets every service settle what is due in `region`, with a call that nobody made.
    fn settle(&self, inner: &mut Inner, region: &str) {
        let wire = Wire::read(Request::new(Bytes::new()));
        let input = Input::new(Value::Null);
        let mut call = Call {
            operation: "",
            region,
            access_key: "",
            now: self.now_ms(),
            input: &input,
            wire: &wire,
            account: &mut inner.account,
            options: self.options(),
            blobs: &mut inner.blobs,
            random: &mut inner.random,
        };
        for service in services::ALL {
            service.settle(&mut call);
        }
    }

    pub(crate) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.0.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stores what is ahead of the disk.
fn keep_up(inner: &Mutex<Inner>) {
    if let Err(error) = inner.lock().unwrap_or_else(PoisonError::into_inner).catch_up() {
        tracing::error!(%error, "the state could not be written; the next change tries it again");
    }
}

impl Inner {
    /// One in memory.
    fn of(account: Account, blobs: Blobs, random: Random) -> Self {
        let (past, saved) = (Past::default(), Vec::new());
        Self { account, blobs, random, past, directory: None, saved, is_ahead: false }
    }

    fn catch_up(&mut self) -> std::io::Result<()> {
        if self.is_ahead { self.save() } else { Ok(()) }
    }

    /// Stores the account, if there is a directory.
    pub(crate) fn save(&mut self) -> std::io::Result<()> {
        let Some(directory) = &self.directory else { return Ok(()) };
        let document = serde_json::to_vec_pretty(&self.account)?;
        directory.save(&document)?;
        self.saved = document;
        self.is_ahead = false;
        Ok(())
    }
}
