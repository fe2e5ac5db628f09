(() => {
  'use strict';
  const data = JSON.parse(document.getElementById('data').textContent);
  if (data.dates.length === 0) return;
  const { dates, options, line, add, addEquity, start } = cadrePlots(data.dates, []);
  const number = (x) => x.toLocaleString('en-US', { maximumFractionDigits: Math.abs(x) < 100 ? 1 : 0 });
  const basisPoints = (x) => `${number(x)} bp`;
  const thin = { borderWidth: 1, borderDash: [4, 4], solid: true };

  const margin = (sign) => dates.map((_, t) => sign * data.margin * (t + 1));
  add('difference', 'line', dates, [
    line('cumulative difference', data.cumulative, '--strategy'),
    line('', data.low, '--benchmark', { borderWidth: 1, solid: true }),
    line(data.band, data.high, '--benchmark', { borderWidth: 1, fill: '-1', low: data.low }),
    ...(data.margin === null ? [] : [line('margin', margin(1), '--quiet', { ...thin, low: margin(-1) }), line('', margin(-1), '--quiet', thin)]),
    line('', dates.map(() => 0), '--quiet', { borderWidth: 1, solid: true })
  ], options(basisPoints, { ticks: number }));

  addEquity([line('candidate', data.candidate, '--strategy'), line('control', data.control, '--benchmark')]);
  start();
})();
