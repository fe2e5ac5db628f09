//! The agent of the matrix in Rust, for both roots beside this file: see ../README.md for what it computes.

use crate::abi::*;
use core::ffi::c_void;

const HOT: u32 = REASON_FIRST_PLUGIN;
const FALLING: u32 = REASON_FIRST_PLUGIN + 1;
const DAY_NS: i64 = 86_400_000_000_000;
const RETURNS: u32 = 21;
const CLOSES: u32 = 5;
const STATE_BYTES: usize = 48;

#[derive(Default)]
struct Learned {
    bars: u64,
    fills: u64,
    timers: u64,
    /// 0 .. 3: which instruments are looked at for their trend.
    phase: u64,
    /// Smoothed mean of absolute returns.
    heat: f64,
    turnover: f64,
}
impl Learned {
    fn bytes(&self) -> [u8; STATE_BYTES] {
        let words = [self.bars, self.fills, self.timers, self.phase, self.heat.to_bits(), self.turnover.to_bits()];
        let mut bytes = [0; STATE_BYTES];
        for (room, word) in bytes.chunks_exact_mut(8).zip(words) {
            room.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }
    fn read(bytes: &[u8]) -> Option<Learned> {
        if bytes.len() != STATE_BYTES {
            return None;
        }
        let word = |k: usize| u64::from_le_bytes(bytes[8 * k..8 * k + 8].try_into().unwrap());
        let real = |k: usize| Some(f64::from_bits(word(k))).filter(|value| value.is_finite());
        let phase = Some(word(3)).filter(|phase| *phase <= 3)?;
        Some(Learned { bars: word(0), fills: word(1), timers: word(2), phase, heat: real(4)?, turnover: real(5)? })
    }
}

pub struct Adjuster {
    raw: Option<Agent>,
    host: *const Host,
    floor: f64,
    hot: f64,
    state: Learned,
}

impl Adjuster {
    unsafe fn extension<Table>(&self, id: &'static str) -> Option<&'static Table> {
        (((*self.host).get_extension)(self.host, Text::of(id)) as *const Table).as_ref()
    }
    unsafe fn refuse(&self, status: u32, sentence: &'static str) -> u32 {
        if let Some(table) = self.extension::<ReasonTable>("cadre.reason/1") {
            (table.say)(self.host, Text::of(sentence));
        }
        status
    }

    unsafe fn observe_bar(&mut self, state: &State) -> u32 {
        let returns = &state.sessions.returns;
        if returns.rows > 0 {
            let row = (0..returns.columns).filter_map(|i| returns.get(returns.rows - 1, i));
            if let Some(mean) = mean_move(row) {
                self.state.heat = 0.9 * self.state.heat + 0.1 * mean;
            }
        }
        self.state.bars += 1;
        if self.state.bars != 1 {
            return OK;
        }
        match self.extension::<TimerTable>("cadre.timer/1") {
            Some(timers) => (timers.arm)(self.host, 7, state.time_ns + 10 * DAY_NS, 30 * DAY_NS),
            None => self.refuse(ERROR, "there are no timers"),
        }
    }

    unsafe fn adjust(&self, state: &State, weights: &mut [f64], reasons: &mut [Reason]) {
        let many_orders = state.has_execution() && state.execution.as_ref().map_or(false, |metrics| metrics.orders >= 100);
        let limit = if many_orders { self.hot } else { 2.0 * self.hot } * self.state.heat;
        let (returns, closes) = (&state.sessions.returns, &state.bars.closes);
        for (i, weight) in (0u32..).zip(weights.iter_mut()) {
            let held = *state.weight.add(i as usize);
            if *weight == 0.0 || state.instrument(i).kind != KIND_EQUITY || held > *weight {
                continue;
            }
            let own = mean_move((first_row(returns, RETURNS)..returns.rows).filter_map(|r| returns.get(r, i))).unwrap_or(0.0);
            let looked_at = (i as u64 + self.state.phase) % 4 == 0;
            let (factor, code) = match trend(closes, i) {
                _ if own > limit => (self.floor, HOT),
                ratio if looked_at && ratio < 1.0 => (if ratio - 0.1 < self.floor { self.floor } else { ratio - 0.1 }, FALLING),
                _ => continue,
            };
            *weight *= factor;
            reasons[i as usize] = Reason { code, reserved: 0, value: factor };
        }
    }
}

/// The mean of absolute values, in order.
fn mean_move(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0u32);
    for value in values {
        // The absolute value by its bits: core has it from later compilers on only.
        sum += f64::from_bits(value.to_bits() & !(1 << 63));
        count += 1;
    }
    (count > 0).then(|| sum / count as f64)
}

/// Where the rows begin that were asked for: a window may have more.
fn first_row(window: &Window, asked: u32) -> u32 {
    window.rows.saturating_sub(asked)
}

/// The newest close over the oldest; 1 where one is missing.
unsafe fn trend(closes: &Window, i: u32) -> f64 {
    if closes.rows == 0 {
        return 1.0;
    }
    match (closes.get(first_row(closes, CLOSES), i), closes.get(closes.rows - 1, i)) {
        (Some(first), Some(last)) => last / first,
        _ => 1.0,
    }
}

unsafe fn of<'a>(this: *const c_void) -> &'a Adjuster {
    &*(this as *const Adjuster)
}
unsafe fn of_mut<'a>(this: *mut c_void) -> &'a mut Adjuster {
    &mut *(this as *mut Adjuster)
}

unsafe extern "C" fn init(this: *mut c_void, config: Text) -> u32 {
    let agent = of_mut(this);
    let reader = match agent.extension::<ConfigReader>("cadre.config_reader/1") {
        Some(table) => table,
        None => return UNSUPPORTED,
    };
    if (reader.number)(agent.host, config, Text::of("/floor"), &mut agent.floor) != OK
        || (reader.number)(agent.host, config, Text::of("/hot"), &mut agent.hot) != OK
    {
        return agent.refuse(REJECTED, "floor and hot have to be numbers");
    }
    if agent.floor >= agent.hot {
        return agent.refuse(REJECTED, "floor has to be below hot");
    }
    OK
}
unsafe extern "C" fn requirements(_: *const c_void, out: *mut Requirements) -> u32 {
    (*out).sessions.returns = RETURNS;
    (*out).bars.closes = CLOSES;
    OK
}
unsafe extern "C" fn activate(this: *mut c_void) -> u32 {
    if let Some(log) = of(this).extension::<Log>("cadre.log/1") {
        (log.write)(of(this).host, LOG_INFO, Text::of("the matrix is active"));
    }
    OK
}
unsafe extern "C" fn deactivate(_: *mut c_void) {}
unsafe extern "C" fn destroy(this: *mut c_void) {
    crate::give_back(this as *mut Adjuster);
}
unsafe extern "C" fn observe(this: *mut c_void, event: *const Event, state: *const State) -> u32 {
    let (agent, event) = (of_mut(this), &*event);
    match event.kind {
        EVENT_BAR => return agent.observe_bar(&*state),
        EVENT_FILL => {
            let report = &*(event.payload as *const ExecutionReport);
            agent.state.fills += 1;
            agent.state.turnover += report.quantity_e9 as f64 * 1e-9 * (report.price_e9 as f64 * 1e-9);
        }
        EVENT_TIMER => {
            agent.state.timers += (*(event.payload as *const Timer)).expirations;
            match agent.extension::<Random>("cadre.random/1") {
                Some(random) => agent.state.phase = (random.bits)(agent.host, event.sequence, agent.state.timers) & 3,
                None => return agent.refuse(ERROR, "there are no random numbers"),
            }
        }
        _ => {}
    }
    OK
}
unsafe extern "C" fn adjust_trades(this: *const c_void, state: *const State, targets: *mut Targets) -> u32 {
    let count = (*targets).instrument_count as usize;
    let weights = core::slice::from_raw_parts_mut((*targets).weight, count);
    let reasons = core::slice::from_raw_parts_mut((*targets).reasons, count);
    of(this).adjust(&*state, weights, reasons);
    OK
}
unsafe extern "C" fn save_state(this: *const c_void, out: *mut Buffer) -> u32 {
    let bytes = of(this).state.bytes();
    let room = bytes.len().min((*out).capacity as usize);
    (*out).needed = bytes.len() as u64;
    core::ptr::copy_nonoverlapping(bytes.as_ptr(), (*out).data, room);
    OK
}
unsafe extern "C" fn load_state(this: *mut c_void, schema: u32, _: u32, data: *const u8, length: u64) -> u32 {
    let bytes = if length == 0 { &[] } else { core::slice::from_raw_parts(data, length as usize) };
    match Learned::read(bytes).filter(|_| schema == 1) {
        Some(state) => of_mut(this).state = state,
        None => return of(this).refuse(REJECTED, "the saved state is damaged"),
    }
    OK
}

static ROLE: TradeAdjuster = TradeAdjuster { size: core::mem::size_of::<TradeAdjuster>() as u32, reserved: 0, adjust_trades };
static STATE: StateTable = StateTable { size: core::mem::size_of::<StateTable>() as u32, reserved: 0, save_state, load_state };

unsafe extern "C" fn get_interface(_: *const c_void, id: Text) -> *const c_void {
    if id.is("cadre.trade_adjuster/1") {
        return &ROLE as *const _ as *const c_void;
    }
    if id.is("cadre.state/1") {
        return &STATE as *const _ as *const c_void;
    }
    core::ptr::null()
}

unsafe extern "C" fn create(host: *const Host, agent_id: Text, out: *mut *const Agent) -> u32 {
    *out = core::ptr::null();
    if !agent_id.is(crate::ID) {
        return UNSUPPORTED;
    }
    let this = crate::place(Adjuster { raw: None, host, floor: 0.0, hot: 0.0, state: Learned::default() });
    let size = core::mem::size_of::<Agent>() as u32;
    let opaque = this as *mut c_void;
    let raw = Agent { size, reserved: 0, this: opaque, init, requirements, activate, deactivate, destroy, observe, get_interface };
    *out = (*this).raw.insert(raw);
    OK
}

static AGENTS: [AgentDescriptor; 1] = [AgentDescriptor {
    size: core::mem::size_of::<AgentDescriptor>() as u32,
    observes: EVENT_BAR | EVENT_FILL | EVENT_TIMER,
    id: Text::of(crate::ID),
    roles: [Text::of("cadre.trade_adjuster/1"), Text::of(""), Text::of(""), Text::of("")],
    state_schema: 1,
    reserved: 0,
}];
static PLUGIN: PluginDescriptor = PluginDescriptor {
    magic: MAGIC,
    size: core::mem::size_of::<PluginDescriptor>() as u32,
    abi_min: VERSION,
    abi_max: VERSION,
    agent_count: 1,
    id: Text::of(crate::ID),
    version: Text::of("1.0.0"),
    agents: AGENTS.as_ptr(),
    agent_stride: core::mem::size_of::<AgentDescriptor>() as u64,
    create,
};

#[no_mangle]
pub extern "C" fn cadre_plugin() -> *const PluginDescriptor {
    &PLUGIN
}
