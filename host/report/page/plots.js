// What the plots of all pages share: one range of dates, two themes, and a plot "equity" with a logarithmic axis.
// Takes dates as yyyymmdd and, for bars by month, months as yyyymm; start() shows what was added.
const cadrePlots = (dayNumbers, monthNumbers) => {
  'use strict';
  const isoDate = (d) => `${Math.floor(d / 10000)}-${String(Math.floor(d / 100) % 100).padStart(2, '0')}-${String(d % 100).padStart(2, '0')}`;
  const isoMonth = (m) => `${Math.floor(m / 100)}-${String(m % 100).padStart(2, '0')}`;
  const dates = dayNumbers.map(isoDate);
  const months = monthNumbers.map(isoMonth);

  // Distinguishable with the common kinds of colour blindness (Okabe and Ito 2008).
  const palette = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#8c6bb1', '#b8a800', '#6b8e9e', '#a0522d'];
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const percent = (x, digits) => `${(100 * x).toFixed(digits)} %`;
  const amount = (x) => x.toLocaleString('en-US', { maximumFractionDigits: 0 });
  const shortAmount = (x) => Math.abs(x) >= 1e6 ? `${+(x / 1e6).toFixed(2)} M` : Math.abs(x) >= 1e4 ? `${+(x / 1e3).toFixed(1)} k` : `${+x.toFixed(2)}`;

  // What the dates under the mouse are, and what is being selected with it.
  const pointerLines = {
    id: 'pointerLines',
    afterDatasetsDraw(chart) {
      const { ctx, chartArea: area } = chart;
      const active = chart.tooltip && chart.tooltip.getActiveElements();
      ctx.save();
      if (active && active.length) {
        ctx.strokeStyle = css('--quiet');
        ctx.lineWidth = 1;
        ctx.setLineDash([3, 3]);
        ctx.beginPath();
        ctx.moveTo(active[0].element.x, area.top);
        ctx.lineTo(active[0].element.x, area.bottom);
        ctx.stroke();
      }
      if (chart.selection) {
        const [from, to] = chart.selection;
        ctx.fillStyle = css('--strategy') + '33';
        ctx.fillRect(Math.min(from, to), area.top, Math.abs(to - from), area.bottom - area.top);
      }
      ctx.restore();
    }
  };

  // Ticks where a year begins, or a month when few years are shown, or any date when few months are.
  const calendarTicks = (scale) => {
    const labels = scale.getLabels();
    const lengths = scale.max - scale.min < (labels === months ? 30 : 45) ? [10] : [4, 7];
    for (const length of lengths) {
      const ticks = [];
      for (let i = Math.max(scale.min, 1); i <= scale.max; ++i)
        if (labels[i].slice(0, length) !== labels[i - 1].slice(0, length)) ticks.push({ value: i });
      if (ticks.length < 4 && length < 7) continue;
      scale.ticks = ticks;
      scale.labelLength = length;
      return;
    }
  };

  const options = (format, more = {}) => ({
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    interaction: { mode: 'index', intersect: false },
    plugins: {
      legend: { align: 'start', labels: { boxWidth: 12, boxHeight: 12, padding: 10, filter: (item) => item.text !== '' } },
      tooltip: {
        filter: (item) => item.raw !== null && item.dataset.label !== '',
        itemSort: more.stacked ? (a, b) => b.datasetIndex - a.datasetIndex : undefined,
        callbacks: { label: (item) => ` ${item.dataset.label}: ${item.dataset.low ? `${format(item.dataset.low[item.dataIndex])} to ` : ''}${format(item.raw)}` }
      }
    },
    scales: {
      x: {
        stacked: !!more.stacked,
        ticks: {
          autoSkip: true, maxRotation: 0, autoSkipPadding: 20,
          callback(value) { return this.getLabelForValue(value).slice(0, this.labelLength); }
        },
        grid: { display: false },
        afterBuildTicks: calendarTicks
      },
      y: {
        stacked: !!more.stacked,
        min: more.min,
        max: more.max,
        ticks: { maxTicksLimit: 7, callback: more.ticks || format },
        afterFit: (scale) => { scale.width = 60; }  // one below the other, equal dates stand at equal places
      }
    }
  });
  const line = (label, values, color, more = {}) => ({
    label, data: values, color, borderWidth: 1.6, pointRadius: 0, pointHitRadius: 0, spanGaps: false, ...more
  });

  const paint = (datasets) => {
    for (const set of datasets) {
      const color = set.color.startsWith('--') ? css(set.color) : set.color;
      set.borderColor = set.pointBackgroundColor = set.pointBorderColor = color;
      set.backgroundColor = set.solid || !set.fill ? color : color + '2a';
    }
  };

  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  const charts = {};
  const add = (id, type, labels, datasets, chartOptions) => {
    paint(datasets);
    charts[id] = new Chart(document.getElementById(id), { type, data: { labels, datasets }, options: chartOptions, plugins: [pointerLines] });
    charts[id].isMonthly = labels === months;
  };

  const addEquity = (datasets) => {
    add('equity', 'line', dates, datasets, options(amount, { ticks: shortAmount }));
    // Within one or two powers of ten a logarithmic axis is best read at round amounts.
    charts.equity.options.scales.y.afterBuildTicks = (scale) => {
      if (scale.type !== 'logarithmic' || scale.max > 20 * scale.min) return;
      const rough = (scale.max - scale.min) / 6;
      const power = 10 ** Math.floor(Math.log10(rough));
      const step = power * [1, 2, 5, 10].find((x) => x * power >= rough);
      scale.ticks = [];
      for (let value = Math.ceil(scale.min / step) * step; value <= scale.max; value += step) scale.ticks.push({ value });
    };
  };

  const theme = () => {
    for (const chart of Object.values(charts)) {
      paint(chart.data.datasets);
      chart.options.plugins.legend.labels.color = css('--ink');
      for (const scale of Object.values(chart.options.scales)) {
        scale.ticks.color = css('--quiet');
        scale.grid = { ...scale.grid, color: css('--grid'), borderColor: css('--line') };
      }
      chart.update();
    }
  };

  // A logarithmic axis of its own accord begins at a power of ten, far below what is shown.
  const scaleEquity = (first, last) => {
    const isLog = document.getElementById('log').checked;
    const shown = charts.equity.data.datasets.flatMap((set) => set.data.slice(first, last + 1)).filter((x) => x > 0);
    const y = charts.equity.options.scales.y;
    y.type = isLog ? 'logarithmic' : 'linear';
    y.min = isLog && shown.length ? Math.min(...shown) / 1.03 : undefined;
    y.max = isLog && shown.length ? Math.max(...shown) * 1.03 : undefined;
  };

  // The one range of dates that all plots show, as indices of its first and last date.
  const all = [0, dates.length - 1];
  let range = all;
  const show = (first, last) => {
    const width = Math.min(Math.max(last - first, 5), all[1]);
    first = Math.max(0, Math.min(first, all[1] - width));
    range = [first, first + width];
    const isAll = first === 0 && width === all[1];
    scaleEquity(...range);
    for (const chart of Object.values(charts)) {
      const [from, to] = chart.isMonthly
        ? range.map((t) => months.indexOf(dates[t].slice(0, 7)))
        : range;
      chart.options.scales.x.min = isAll ? undefined : from;
      chart.options.scales.x.max = isAll ? undefined : to;
      chart.update('none');
    }
    document.getElementById('range').textContent = `${dates[range[0]]} to ${dates[range[1]]}`;
    for (const button of document.querySelectorAll('[data-years]'))
      button.classList.toggle('on', isAll ? button.dataset.years === '0' : false);
  };
  const yearsBack = (years) => {
    if (years === 0) return show(...all);
    const [year, rest] = [Number(dates[range[1]].slice(0, 4)) - years, dates[range[1]].slice(4)];
    const first = dates.findIndex((d) => d >= `${year}${rest}`);
    show(Math.max(first, 0), range[1]);
    if (range[0] > 0 || range[1] < all[1])
      document.querySelector(`[data-years="${years}"]`).classList.add('on');
  };
  for (const button of document.querySelectorAll('[data-years]'))
    button.addEventListener('click', () => yearsBack(Number(button.dataset.years)));
  for (const button of document.querySelectorAll('[data-shift]'))
    button.addEventListener('click', () => {
      const step = Math.max(1, Math.round((range[1] - range[0]) / 2)) * Number(button.dataset.shift);
      show(range[0] + step, range[1] + step);
    });

  const select = (chart) => {
    const canvas = chart.canvas;
    const clamp = (x) => Math.min(Math.max(x, chart.chartArea.left), chart.chartArea.right);
    canvas.addEventListener('mousedown', (event) => {
      if (event.button !== 0 || event.offsetY < chart.chartArea.top) return;
      chart.selection = [clamp(event.offsetX), clamp(event.offsetX)];
      const box = canvas.getBoundingClientRect();
      const move = (moved) => {
        chart.selection[1] = clamp(moved.clientX - box.left);
        chart.draw();
      };
      const up = () => {
        document.removeEventListener('mousemove', move);
        document.removeEventListener('mouseup', up);
        const [from, to] = chart.selection.sort((a, b) => a - b);
        chart.selection = null;
        chart.draw();
        if (to - from < 8) return;
        const [first, last] = [from, to].map((x) => chart.scales.x.getValueForPixel(x));
        if (!chart.isMonthly) return show(first, last);
        const start = dates.findIndex((d) => d.startsWith(months[first]));
        const after = last + 1 < months.length ? dates.findIndex((d) => d.startsWith(months[last + 1])) : dates.length;
        show(start, after - 1);
      };
      document.addEventListener('mousemove', move);
      document.addEventListener('mouseup', up);
      event.preventDefault();
    });
    canvas.addEventListener('dblclick', () => show(...all));
  };

  document.getElementById('log').addEventListener('change', () => show(...range));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', theme);
  addEventListener('beforeprint', () => { theme(); for (const chart of Object.values(charts)) chart.resize(); });
  addEventListener('afterprint', () => { theme(); for (const chart of Object.values(charts)) chart.resize(); });
  const start = () => {
    Object.values(charts).forEach(select);
    theme();
    show(...all);
  };

  return { dates, months, palette, percent, options, line, add, addEquity, start };
};
