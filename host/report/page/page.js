(() => {
  'use strict';
  const data = JSON.parse(document.getElementById('data').textContent);
  if (data.dates.length === 0) return;
  const { dates, months, palette, percent, options, line, add, addEquity, start } = cadrePlots(data.dates, data.months);

  const drawdown = (equity) => {
    let peak = -Infinity;
    return equity.map((e) => e === null ? null : e / (peak = Math.max(peak, e)) - 1);
  };

  addEquity([
    line('strategy', data.equity, '--strategy'),
    line('equal-weight buy and hold', data.benchmark, '--benchmark')
  ]);

  add('drawdown', 'line', dates, [
    line('strategy', drawdown(data.equity), '--strategy', { fill: 'origin' }),
    line('equal-weight buy and hold', drawdown(data.benchmark), '--benchmark')
  ], options((x) => percent(x, 1), { max: 0, ticks: (x) => percent(x, 0) }));

  const grey = { other: '#8a94a0', cash: '#c3cad2' };
  const isLongOnly = data.weights.every((w) => w.bp.every((x) => x === null || x >= -50));
  add('weights', 'line', dates, data.weights.map((w, i) => line(w.name, w.bp.map((x) => x === null ? null : x / 1e4),
    i >= data.weights.length - 2 && grey[w.name] || palette[i % palette.length], { fill: i === 0 ? 'origin' : '-1', borderWidth: 0.5, solid: true })),
    options((x) => percent(x, 2), { stacked: true, min: isLongOnly ? 0 : undefined, max: isLongOnly ? 1 : undefined, ticks: (x) => percent(x, 0) }));

  const loss = data.forecast.map((v) => v === null ? null : -v);
  const beyond = data.realised.map((r, t) => r !== null && loss[t] !== null && r < loss[t] ? r : null);
  add('risk', 'line', dates, [
    line('losses beyond the forecast', beyond, '--loss', { showLine: false, pointRadius: 3, pointStyle: 'circle', solid: true }),
    line('forecast VaR, as a loss', loss, '--benchmark', { stepped: 'middle' }),
    line('realised return', data.realised, '--faint', { borderWidth: 1 })
  ], options((x) => percent(x, 2), { ticks: (x) => percent(x, 1) }));

  add('changes', 'bar', months, data.stages.map((s, i) => ({
    label: s.name, data: s.change, color: palette[i % palette.length], solid: true, categoryPercentage: 1, barPercentage: 0.9
  })), options((x) => percent(x, 1), { stacked: true, min: 0, ticks: (x) => percent(x, 0) }));

  start();
})();
