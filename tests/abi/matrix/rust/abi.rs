//! As much of ABI 0.10 as the agent of the matrix uses, as include/cadre has it. Structs grow behind what is here.

use core::ffi::c_void;

pub const OK: u32 = 1;
pub const REJECTED: u32 = 3;
pub const ERROR: u32 = 4;
pub const UNSUPPORTED: u32 = 6;
pub const VERSION: u32 = 10;
pub const MAGIC: u64 = 0x314e474c50444143;
pub const EVENT_BAR: u32 = 1;
pub const EVENT_FILL: u32 = 2;
pub const EVENT_TIMER: u32 = 16;
pub const KIND_EQUITY: u32 = 0;
pub const REASON_FIRST_PLUGIN: u32 = 1000;
pub const LOG_INFO: u32 = 2;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Text {
    pub data: *const u8,
    pub length: u64,
}
impl Text {
    pub const fn of(text: &'static str) -> Text {
        Text { data: text.as_ptr(), length: text.len() as u64 }
    }
    pub unsafe fn is(&self, other: &str) -> bool {
        self.length == other.len() as u64 && core::slice::from_raw_parts(self.data, other.len()) == other.as_bytes()
    }
}

#[repr(C)]
pub struct Buffer {
    pub data: *mut u8,
    pub capacity: u64,
    pub needed: u64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Column {
    pub values: *const f64,
    pub valid: *const u8,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Window {
    pub values: *const f64,
    pub valid: *const u8,
    pub rows: u32,
    pub columns: u32,
    pub stride: u64,
    pub period: u32,
    pub reserved: u32,
}
impl Window {
    /// The value of instrument `i` in row `r`, when there is one.
    pub unsafe fn get(&self, r: u32, i: u32) -> Option<f64> {
        let at = (r as u64 * self.stride + i as u64) as usize;
        (*self.valid.add(at) != 0).then(|| *self.values.add(at))
    }
}

#[repr(C)]
pub struct Windows {
    pub returns: Window,
    pub closes: Window,
    pub volumes: Window,
}

#[repr(C)]
pub struct Instrument {
    pub size: u32,
    pub flags: u32,
    pub id: Text,
    pub group: Text,
    pub currency: Text,
    pub time_zone: Text,
    pub tick_e9: i64,
    pub lot_e9: i64,
    pub multiplier_e9: i64,
    pub average_daily_volume: f64,
    pub kind: u32,
    pub reserved: u32,
}

#[repr(C)]
pub struct ExecutionMetrics {
    pub size: u32,
    pub reserved: u32,
    pub orders: u64,
    pub fills: u64,
    pub mean_shortfall_bp: f64,
    pub fees: f64,
}

#[repr(C)]
pub struct State {
    pub size: u32,
    pub instrument_count: u32,
    pub universe_epoch: u64,
    pub sequence: u64,
    pub time_ns: i64,
    pub session_date: i32,
    pub reserved: u32,
    pub periods_per_year: f64,
    pub sessions_per_year: f64,
    pub equity: f64,
    pub cash: f64,
    pub book: Text,
    pub currency: Text,
    pub instruments: *const u8,
    pub instrument_stride: u64,
    pub open: Column,
    pub high: Column,
    pub low: Column,
    pub close: Column,
    pub volume: Column,
    pub price: Column,
    pub weight: *const f64,
    pub working_weight: *const f64,
    pub quantity_e9: *const i64,
    pub working_buy_e9: *const i64,
    pub working_sell_e9: *const i64,
    pub sessions: Windows,
    pub bars: Windows,
    pub signals: *const c_void,
    pub signal_stride: u64,
    pub signal_count: u64,
    pub score: Column,
    pub confidence: Column,
    pub constraints: *const c_void,
    pub services: *const c_void,
    pub service_stride: u64,
    pub service_count: u64,
    pub risk: *const c_void,
    pub correlation: *const c_void,
    pub execution: *const ExecutionMetrics,
}
impl State {
    pub unsafe fn instrument(&self, i: u32) -> &Instrument {
        &*(self.instruments.add(i as usize * self.instrument_stride as usize) as *const Instrument)
    }
    /// As CADRE_HAS: whether the host's struct reaches behind `execution`.
    pub fn has_execution(&self) -> bool {
        self.size as usize >= core::mem::size_of::<State>()
    }
}

#[repr(C)]
pub struct Event {
    pub size: u32,
    pub kind: u32,
    pub sequence: u64,
    pub time_ns: i64,
    pub payload: *const c_void,
}

#[repr(C)]
pub struct ExecutionReport {
    pub size: u32,
    pub status: u32,
    pub instrument: u32,
    pub side: u32,
    pub quantity_e9: i64,
    pub price_e9: i64,
}

#[repr(C)]
pub struct Timer {
    pub size: u32,
    pub reserved: u32,
    pub id: u64,
    pub due_ns: i64,
    pub expirations: u64,
}

#[repr(C)]
pub struct Reason {
    pub code: u32,
    pub reserved: u32,
    pub value: f64,
}

#[repr(C)]
pub struct Targets {
    pub size: u32,
    pub instrument_count: u32,
    pub weight: *mut f64,
    pub reasons: *mut Reason,
}

#[repr(C)]
pub struct Rows {
    pub returns: u32,
    pub closes: u32,
    pub volumes: u32,
    pub reserved: u32,
}

#[repr(C)]
pub struct Requirements {
    pub size: u32,
    pub warm_up_bars: u32,
    pub sessions: Rows,
    pub bars: Rows,
}

#[repr(C)]
pub struct Host {
    pub size: u32,
    pub abi_version: u32,
    pub context: *mut c_void,
    pub name: Text,
    pub version: Text,
    pub get_extension: unsafe extern "C" fn(*const Host, Text) -> *const c_void,
}

#[repr(C)]
pub struct ConfigReader {
    pub size: u32,
    pub reserved: u32,
    pub number: unsafe extern "C" fn(*const Host, Text, Text, *mut f64) -> u32,
}

#[repr(C)]
pub struct Log {
    pub size: u32,
    pub reserved: u32,
    pub write: unsafe extern "C" fn(*const Host, u32, Text),
}

#[repr(C)]
pub struct Random {
    pub size: u32,
    pub reserved: u32,
    pub bits: unsafe extern "C" fn(*const Host, u64, u64) -> u64,
}

#[repr(C)]
pub struct ReasonTable {
    pub size: u32,
    pub reserved: u32,
    pub say: unsafe extern "C" fn(*const Host, Text),
}

#[repr(C)]
pub struct TimerTable {
    pub size: u32,
    pub reserved: u32,
    pub arm: unsafe extern "C" fn(*const Host, u64, i64, i64) -> u32,
    pub disarm: unsafe extern "C" fn(*const Host, u64) -> u32,
}

#[repr(C)]
pub struct TradeAdjuster {
    pub size: u32,
    pub reserved: u32,
    pub adjust_trades: unsafe extern "C" fn(*const c_void, *const State, *mut Targets) -> u32,
}

#[repr(C)]
pub struct StateTable {
    pub size: u32,
    pub reserved: u32,
    pub save_state: unsafe extern "C" fn(*const c_void, *mut Buffer) -> u32,
    pub load_state: unsafe extern "C" fn(*mut c_void, u32, u32, *const u8, u64) -> u32,
}

#[repr(C)]
pub struct Agent {
    pub size: u32,
    pub reserved: u32,
    pub this: *mut c_void,
    pub init: unsafe extern "C" fn(*mut c_void, Text) -> u32,
    pub requirements: unsafe extern "C" fn(*const c_void, *mut Requirements) -> u32,
    pub activate: unsafe extern "C" fn(*mut c_void) -> u32,
    pub deactivate: unsafe extern "C" fn(*mut c_void),
    pub destroy: unsafe extern "C" fn(*mut c_void),
    pub observe: unsafe extern "C" fn(*mut c_void, *const Event, *const State) -> u32,
    pub get_interface: unsafe extern "C" fn(*const c_void, Text) -> *const c_void,
}

#[repr(C)]
pub struct AgentDescriptor {
    pub size: u32,
    pub observes: u32,
    pub id: Text,
    pub roles: [Text; 4],
    pub state_schema: u32,
    pub reserved: u32,
}

#[repr(C)]
pub struct PluginDescriptor {
    pub magic: u64,
    pub size: u32,
    pub abi_min: u32,
    pub abi_max: u32,
    pub agent_count: u32,
    pub id: Text,
    pub version: Text,
    pub agents: *const AgentDescriptor,
    pub agent_stride: u64,
    pub create: unsafe extern "C" fn(*const Host, Text, *mut *const Agent) -> u32,
}
// Text that never changes.
unsafe impl Sync for AgentDescriptor {}
unsafe impl Sync for PluginDescriptor {}

const _: () = assert!(core::mem::size_of::<State>() == 608 && core::mem::size_of::<Instrument>() == 112);
const _: () = assert!(core::mem::size_of::<Windows>() == 120 && core::mem::size_of::<Agent>() == 72);
const _: () = assert!(core::mem::size_of::<AgentDescriptor>() == 96 && core::mem::size_of::<PluginDescriptor>() == 80);
