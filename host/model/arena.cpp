#include "host/model/arena.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>

#include "host/base/invariant.hpp"

namespace cadre::model {

namespace {

constexpr std::uint64_t arena_magic = 0x3130414e45524143;  // "CARENA01"
constexpr std::size_t alignment = 64;

struct TextSpan {
  std::uint64_t offset;
  std::uint64_t length;
};

/// An instrument as the block holds it.
struct InstrumentRecord {
  TextSpan id, group, currency, time_zone;
  std::int64_t tick_e9, lot_e9, multiplier_e9;
  double average_daily_volume;
  std::uint32_t kind, reserved;
  double borrow_rate, margin_rate;
  std::int64_t minimum_notional_e6;
};

/// Hands out aligned offsets.
class Layout {
 public:
  std::uint64_t take(std::uint64_t bytes) {
    const std::uint64_t offset = next_;
    next_ += (bytes + alignment - 1) / alignment * alignment;
    return offset;
  }
  std::uint64_t total() const { return next_; }

 private:
  std::uint64_t next_ = 0;
};

std::uint32_t capacity_of(const ArenaShape& shape, WindowId id) {
  switch (id) {
    case WindowId::returns:
      return shape.rows.returns;
    case WindowId::closes:
      return shape.rows.closes;
    case WindowId::volumes:
      return shape.rows.volumes;
    case WindowId::session_returns:
      return shape.session_rows.returns;
    case WindowId::session_closes:
      return shape.session_rows.closes;
    case WindowId::session_volumes:
      return shape.session_rows.volumes;
    case WindowId::count:
      break;
  }
  return 0;
}

std::uint64_t text_bytes(const Universe& universe) {
  std::uint64_t bytes = 0;
  for (const Instrument& i : universe.instruments) {
    bytes += i.id.size() + i.group.size() + i.currency.size() + i.time_zone.size();
  }
  return bytes;
}

ArenaHead lay_out(const Universe& universe, const ArenaShape& shape) {
  ArenaHead head{};
  head.magic = arena_magic;
  head.shape = shape;
  head.column_stride = (std::uint64_t{shape.instruments} + 7) / 8 * 8;
  if (head.column_stride == 0) head.column_stride = 8;
  const std::uint64_t row_bytes = head.column_stride * sizeof(double);
  Layout layout;
  layout.take(sizeof(ArenaHead));
  head.columns = layout.take(static_cast<std::uint64_t>(ColumnId::count) * row_bytes);
  head.valid = layout.take(static_cast<std::uint64_t>(ColumnId::count) * head.column_stride);
  head.integers = layout.take(static_cast<std::uint64_t>(IntegerColumnId::count) * row_bytes);
  for (std::size_t w = 0; w < static_cast<std::size_t>(WindowId::count); ++w) {
    const std::uint64_t rows = 2 * std::uint64_t{capacity_of(shape, static_cast<WindowId>(w))};
    head.window[w] = layout.take(rows * row_bytes);
    head.window_valid[w] = layout.take(rows * head.column_stride);
  }
  head.signals = layout.take(std::uint64_t{shape.signal_capacity} * sizeof(cadre_signal));
  head.services = layout.take(std::uint64_t{shape.service_count} * shape.instruments * row_bytes);
  head.instrument_table = layout.take(std::uint64_t{shape.instruments} * sizeof(InstrumentRecord));
  head.text = layout.take(text_bytes(universe));
  head.total_bytes = layout.total();
  head.epoch = universe.epoch;
  return head;
}

const ArenaHead& head_of(const std::byte* block) {
  return *reinterpret_cast<const ArenaHead*>(block);
}

const double* column_of(const std::byte* block, ColumnId id) {
  const ArenaHead& head = head_of(block);
  return reinterpret_cast<const double*>(block + head.columns) +
         static_cast<std::uint64_t>(id) * head.column_stride;
}

const std::uint8_t* valid_of(const std::byte* block, ColumnId id) {
  const ArenaHead& head = head_of(block);
  return reinterpret_cast<const std::uint8_t*>(block + head.valid) +
         static_cast<std::uint64_t>(id) * head.column_stride;
}

const std::int64_t* integers_of(const std::byte* block, IntegerColumnId id) {
  const ArenaHead& head = head_of(block);
  return reinterpret_cast<const std::int64_t*>(block + head.integers) +
         static_cast<std::uint64_t>(id) * head.column_stride;
}

cadre_column full_column(const std::byte* block, ColumnId id) {
  return {column_of(block, id), valid_of(block, id)};
}

cadre_string text_at(const std::byte* block, TextSpan span) {
  return {reinterpret_cast<const char*>(block + head_of(block).text + span.offset), span.length};
}

}  // namespace

void set_rows(ArenaShape& shape, const cadre_requirements& need, bool sessions_apart) {
  shape.sessions_apart = sessions_apart ? 1 : 0;
  shape.rows = need.bars;
  shape.session_rows = need.sessions;
  if (sessions_apart) return;
  shape.rows = {std::max(need.sessions.returns, need.bars.returns),
                std::max(need.sessions.closes, need.bars.closes),
                std::max(need.sessions.volumes, need.bars.volumes), 0};
  shape.session_rows = {};
}

cadre_execution_metrics no_execution_yet() {
  return {sizeof(cadre_execution_metrics), 0, 0, 0, std::numeric_limits<double>::quiet_NaN(), 0};
}

namespace {

/// Into a field that is zero, and keeps a zero at its end.
template <std::size_t size>
void write_text(char (&field)[size], std::string_view text) {
  CADRE_INVARIANT(text.size() < size, "arena.names_fit", "a book's id and its currency fit their fields");
  std::memcpy(field, text.data(), text.size());
}

}  // namespace

Arena::Arena(const Universe& universe, const ArenaShape& shape, std::string_view book,
             std::string_view currency) {
  const ArenaHead laid_out = lay_out(universe, shape);
  memory_ = ShownPages(laid_out.total_bytes);
  new (memory_.data()) ArenaHead(laid_out);
  head().constraints.size = sizeof(cadre_constraints);
  head().execution = no_execution_yet();
  write_text(head().book, book);
  write_text(head().currency, currency);
  for (std::uint32_t c = 0; c < static_cast<std::uint32_t>(ColumnId::count); ++c) {
    const auto id = static_cast<ColumnId>(c);
    const bool may_be_missing =
        id <= ColumnId::price || id == ColumnId::score || id == ColumnId::confidence || id >= ColumnId::bid;
    for (double& value : column(id))
      value = may_be_missing ? std::numeric_limits<double>::quiet_NaN() : 0;
  }

  auto* records = reinterpret_cast<InstrumentRecord*>(memory_.data() + head().instrument_table);
  std::uint64_t text = 0;
  const auto put = [&](const std::string& value) {
    std::memcpy(memory_.data() + head().text + text, value.data(), value.size());
    const TextSpan span{text, value.size()};
    text += value.size();
    return span;
  };
  for (const Instrument& i : universe.instruments) {
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    *records++ = {put(i.id),
                  put(i.group),
                  put(i.currency),
                  put(i.time_zone),
                  i.tick.raw(),
                  i.lot.raw(),
                  i.multiplier.raw(),
                  i.average_daily_volume,
                  i.kind,
                  0,
                  i.borrow_rate.value_or(unknown),
                  i.margin_rate.value_or(unknown),
                  i.minimum_notional.raw()};
  }
}

Arena::~Arena() = default;

std::span<double> Arena::column(ColumnId id) {
  return {const_cast<double*>(column_of(memory_.data(), id)), size()};
}

std::span<std::uint8_t> Arena::valid(ColumnId id) {
  return {const_cast<std::uint8_t*>(valid_of(memory_.data(), id)), size()};
}

std::span<std::int64_t> Arena::integers(IntegerColumnId id) {
  return {const_cast<std::int64_t*>(integers_of(memory_.data(), id)), size()};
}

double* Arena::service(std::uint32_t place) {
  return reinterpret_cast<double*>(memory_.data() + head().services) +
         std::uint64_t{place} * size() * head().column_stride;
}

std::span<cadre_signal> Arena::signals() {
  return {reinterpret_cast<cadre_signal*>(memory_.data() + head().signals), head().shape.signal_capacity};
}

void Arena::show_tick(std::uint32_t instrument, base::Price tick) {
  auto& record = reinterpret_cast<InstrumentRecord*>(memory_.data() + head().instrument_table)[instrument];
  if (record.tick_e9 == tick.raw()) return;
  record.tick_e9 = tick.raw();
  ++head().ticks_shown;
}

void Arena::push_row(WindowId id, std::span<const double> values, std::span<const std::uint8_t> valid) {
  const auto w = static_cast<std::size_t>(id);
  const std::uint32_t capacity = capacity_of(head().shape, id);
  if (capacity == 0) return;
  const std::uint64_t stride = head().column_stride;
  auto* rows = reinterpret_cast<double*>(memory_.data() + head().window[w]);
  auto* flags = reinterpret_cast<std::uint8_t*>(memory_.data() + head().window_valid[w]);
  const std::uint32_t at = head().window_next[w];
  for (const std::uint64_t row : {std::uint64_t{at}, std::uint64_t{at} + capacity}) {
    std::memcpy(rows + row * stride, values.data(), values.size_bytes());
    std::memcpy(flags + row * stride, valid.data(), valid.size_bytes());
  }
  head().window_next[w] = (at + 1) % capacity;
  if (head().window_rows[w] < capacity) ++head().window_rows[w];
}

cadre_window Arena::window(WindowId id) const {
  return window_of(memory_.data(), id);
}

cadre_window window_of(const std::byte* block, WindowId id) {
  const ArenaHead& head = head_of(block);
  const auto w = static_cast<std::size_t>(id);
  const std::uint32_t capacity = capacity_of(head.shape, id);
  if (capacity == 0) return {};
  const std::uint32_t rows = head.window_rows[w];
  // The newest row is at next - 1; its copy `capacity` rows further makes the stretch before it contiguous.
  const std::uint64_t first = std::uint64_t{head.window_next[w]} + capacity - rows;
  return {reinterpret_cast<const double*>(block + head.window[w]) + first * head.column_stride,
          reinterpret_cast<const std::uint8_t*>(block + head.window_valid[w]) + first * head.column_stride,
          rows,
          head.shape.instruments,
          head.column_stride,
          id >= WindowId::session_returns ? CADRE_PERIOD_SESSION : CADRE_PERIOD_BAR,
          0};
}

StateView::StateView()
    : state_(sizeof(cadre_execution_state)), raw(*new (state_.data()) cadre_execution_state{}) {}

void StateView::bind(const std::byte* block) {
  block_ = block;
  const ArenaHead& head = head_of(block);
  ticks_shown_ = head.ticks_shown;
  const auto* records = reinterpret_cast<const InstrumentRecord*>(block + head.instrument_table);
  table_ = ShownPages(std::max<std::size_t>(head.shape.instruments, 1) * sizeof(cadre_instrument));
  auto* table = reinterpret_cast<cadre_instrument*>(table_.data());
  for (std::uint32_t i = 0; i < head.shape.instruments; ++i) {
    const InstrumentRecord& r = records[i];
    table[i] = {sizeof(cadre_instrument),
                0,
                text_at(block, r.id),
                text_at(block, r.group),
                text_at(block, r.currency),
                text_at(block, r.time_zone),
                r.tick_e9,
                r.lot_e9,
                r.multiplier_e9,
                r.average_daily_volume,
                r.kind,
                0,
                r.borrow_rate,
                r.margin_rate,
                r.minimum_notional_e6};
  }
  raw = {};
  raw.size = sizeof raw;
  raw.instrument_count = head.shape.instruments;
  raw.book = {head.book, strnlen(head.book, sizeof head.book)};
  raw.currency = {head.currency, strnlen(head.currency, sizeof head.currency)};
  raw.instruments = table_.shown(table);
  raw.instrument_stride = sizeof(cadre_instrument);
  raw.close = full_column(block, ColumnId::close);
  raw.price = full_column(block, ColumnId::price);
  raw.weight = column_of(block, ColumnId::weight);
  raw.working_weight = column_of(block, ColumnId::working_weight);
  raw.quantity_e9 = integers_of(block, IntegerColumnId::quantity);
  raw.working_buy_e9 = integers_of(block, IntegerColumnId::working_buy);
  raw.working_sell_e9 = integers_of(block, IntegerColumnId::working_sell);
  raw.signals = reinterpret_cast<const cadre_signal*>(block + head.signals);
  raw.signal_stride = sizeof(cadre_signal);
  raw.constraints = &head.constraints;
  raw.execution = &head.execution;
  raw.service_stride = sizeof(cadre_service);
  refresh();
}

void StateView::forget_decision(ArenaHead& head) {
  // The services may point at memory that is gone.
  raw.services = nullptr;
  raw.service_count = 0;
  raw.risk = nullptr;
  raw.correlation = nullptr;
  head.has_views = 0;
  head.signal_count = 0;
  refresh();
}

void StateView::refresh() {
  const ArenaHead& head = head_of(block_);
  if (ticks_shown_ != head.ticks_shown) {
    const auto* records = reinterpret_cast<const InstrumentRecord*>(block_ + head.instrument_table);
    auto* table = reinterpret_cast<cadre_instrument*>(table_.data());
    for (std::uint32_t i = 0; i < head.shape.instruments; ++i)
      table[i].tick_e9 = records[i].tick_e9;
    ticks_shown_ = head.ticks_shown;
  }
  raw.universe_epoch = head.epoch;
  raw.sequence = head.sequence;
  raw.time_ns = head.time_ns;
  raw.session_date = head.session_date;
  raw.periods_per_year = head.periods_per_year;
  raw.sessions_per_year = head.sessions_per_year;
  raw.equity = head.equity;
  raw.cash = head.cash;
  raw.short_collateral = head.short_collateral;
  const auto optional = [&](std::uint32_t present, ColumnId id) {
    return present != 0 ? full_column(block_, id) : cadre_column{nullptr, nullptr};
  };
  raw.open = optional(head.has_intraday_prices, ColumnId::open);
  raw.high = optional(head.has_intraday_prices, ColumnId::high);
  raw.low = optional(head.has_intraday_prices, ColumnId::low);
  raw.volume = optional(head.has_volume, ColumnId::volume);
  raw.opening_bid = optional(head.has_opening_quotes, ColumnId::opening_bid);
  raw.opening_ask = optional(head.has_opening_quotes, ColumnId::opening_ask);
  raw.bid = optional(head.has_quotes, ColumnId::bid);
  raw.ask = optional(head.has_quotes, ColumnId::ask);
  raw.bar_period_ns = head.bar_period_ns;
  raw.score = optional(head.has_views, ColumnId::score);
  raw.confidence = optional(head.has_views, ColumnId::confidence);
  raw.confidence.valid = raw.score.valid;
  raw.bars = {window_of(block_, WindowId::returns), window_of(block_, WindowId::closes),
              window_of(block_, WindowId::volumes)};
  raw.sessions = {window_of(block_, WindowId::session_returns), window_of(block_, WindowId::session_closes),
                  window_of(block_, WindowId::session_volumes)};
  raw.signal_count = head.signal_count;
  if (head.shape.sessions_apart != 0) return;
  raw.sessions = raw.bars;  // bars are of days: a session is one of them
  for (cadre_window* window : {&raw.sessions.returns, &raw.sessions.closes, &raw.sessions.volumes}) {
    if (window->period != 0) window->period = CADRE_PERIOD_SESSION;
  }
}

}  // namespace cadre::model
