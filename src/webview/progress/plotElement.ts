import './pageLanguage.ts';
import * as l10n from '@vscode/l10n';
import { html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import uPlot from 'uplot';
import { Palette } from './palette.ts';
import { clockIn, pointInWords, type PlotModel, type PlotPoint } from './plots.ts';

const HEIGHT = 178;
/** Moments in the table that stands for the plot. */
const TABLE_ROWS = 40;
const [SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS] = [1_000, 60_000, 3_600_000, 86_400_000];
/** Between two labels of the time: never so little that both say the same. */
const STEPS_MS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE_MS),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR_MS),
  ...[1, 2, 5, 10, 30].map((n) => n * DAY_MS),
];

/**
 * A plot over time with a cursor for mouse and keyboard (Left, Right, Home, End), and a table for those who cannot see
 * it. Draws into the page itself and not into a shadow root, so that the style sheet of the page is its own.
 */
class PlotElement extends LitElement {
  static override properties = { model: { attribute: false } };
  declare model: PlotModel | undefined;
  readonly #palette = new Palette(() => this.#plot?.redraw(false));
  readonly #resized = new ResizeObserver(() => {
    this.#resize();
  });
  #plot: uPlot | undefined;
  #kind: string | undefined;
  #cursor: number | undefined;

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#palette.watch();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#palette.unwatch();
    this.#resized.disconnect();
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  override render(): TemplateResult {
    const { model } = this;
    if (model === undefined) return html``;
    const last = model.points.length - 1;
    const at = Math.min(this.#cursor ?? last, last);
    const point = model.points[at];
    return html`<section aria-label=${model.title}>
      <div class="head">
        <h2>${model.title}</h2>
        <span class="key"><i class="line of-${model.kind}"></i>${model.keys.done}</span>
        <span class="key"><i class="box"></i>${model.keys.top}</span>
        ${model.goesOn ? html`<span class="key"><i class="line dotted of-${model.kind}"></i>${model.keys.expected}</span>` : ''}
      </div>
      <div
        class="plot"
        tabindex="0"
        role="slider"
        aria-label=${l10n.t('{0}. Left and Right read the moments.', model.title)}
        aria-valuemin="0"
        aria-valuemax=${Math.max(0, last)}
        aria-valuenow=${Math.max(0, at)}
        aria-valuetext=${point === undefined ? l10n.t('nothing yet') : pointInWords(model, point)}
        @keydown=${(event: KeyboardEvent) => {
          this.#move(event, last);
        }}
        @blur=${() => {
          this.#point(undefined);
        }}
      >
        <div class="canvas"></div>
        <div class="tip" hidden></div>
      </div>
      <details class="said">
        <summary>${l10n.t('As a Table')}</summary>
        ${tableOf(model)}
      </details>
    </section>`;
  }

  override updated(changed: PropertyValues<{ model: PlotModel | undefined }>): void {
    const { model } = this;
    const canvas = this.querySelector<HTMLElement>('.canvas');
    if (!changed.has('model') || model === undefined || canvas === null) return;
    if (this.#plot === undefined || this.#kind !== model.kind) {
      this.#plot?.destroy();
      this.#kind = model.kind;
      this.#plot = new uPlot(this.#options(model.kind, canvas.clientWidth), dataOf(model), canvas);
      this.#resized.observe(canvas);
    } else this.#plot.setData(dataOf(model));
    if (this.#cursor !== undefined) this.#point(this.#cursor);
  }

  #options(kind: PlotModel['kind'], width: number): uPlot.Options {
    const palette = this.#palette;
    const color = kind === 'rows' ? 'green' : 'blue';
    const stepped = uPlot.paths.stepped?.({ align: 1 });
    const paths = stepped === undefined ? {} : { paths: stepped };
    const none = { points: { show: false } };
    const axis: uPlot.Axis = {
      stroke: () => palette.of('muted'),
      font: palette.font,
      grid: { stroke: () => palette.of('grid'), width: 1 },
      ticks: { show: false },
    };
    return {
      width,
      height: HEIGHT,
      ms: 1,
      padding: [10, 26, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
      scales: { y: { range: () => [0, Math.max(1e-9, (this.model?.most ?? 1) * 1.06)] } },
      axes: [
        {
          ...axis,
          grid: { show: false },
          incrs: STEPS_MS,
          space: () => (this.model === undefined ? 50 : 20 + widthOf(clockIn(this.model, this.model.now))),
          values: (_, splits) =>
            splits.map((at) => (this.model === undefined ? '' : clockIn(this.model, at))),
          size: 26,
        },
        {
          ...axis,
          // They are not there yet when the size is asked for first.
          size: (_, values: readonly string[] | null) => 14 + Math.max(...(values ?? ['']).map(widthOf)),
          values: (_, splits) => splits.map((value) => this.model?.format(value) ?? ''),
        },
      ],
      series: [
        {},
        { ...none, ...paths, stroke: () => palette.faded('blue', 0.4), width: 1 },
        {
          ...none,
          ...paths,
          stroke: () => palette.of(color),
          fill: () => palette.faded(color, kind === 'rows' ? 0.16 : 0.3),
          width: 1.5,
        },
        { ...none, ...paths, stroke: () => palette.of(color), width: 1.5, dash: [2, 3] },
      ],
      bands: [{ series: [1, 2], fill: () => palette.faded('blue', 0.16) }],
      hooks: {
        draw: [
          (plot) => {
            this.#drawMarks(plot);
          },
        ],
        setCursor: [
          (plot) => {
            this.#tip(plot);
          },
        ],
      },
    };
  }

  /** The limit, and where now is. */
  #drawMarks(plot: uPlot): void {
    const { model } = this;
    if (model === undefined) return;
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.strokeStyle = this.#palette.of('text');
    ctx.fillStyle = this.#palette.of('text');
    ctx.font = this.#palette.fontAt(ratio);
    ctx.lineWidth = ratio;
    const isFarAbove = model.limit !== null && plot.valToPos(model.limit, 'y', true) < 0;
    if (model.limit !== null) {
      const y = plot.valToPos(model.limit, 'y', true);
      const end = bbox.left + bbox.width;
      if (!isFarAbove) line(ctx, [bbox.left, y, end, y], [4 * ratio, 3 * ratio]);
      ctx.textAlign = 'right';
      ctx.fillText(
        isFarAbove
          ? l10n.t('limit {0}, far above', model.format(model.limit))
          : l10n.t('limit {0}', model.format(model.limit)),
        end,
        (isFarAbove ? bbox.top : y) + 13 * ratio,
      );
    }
    if (model.goesOn) {
      const x = plot.valToPos(model.now, 'x', true);
      line(ctx, [x, bbox.top + (isFarAbove ? 18 * ratio : 0), x, bbox.top + bbox.height], [ratio, 2 * ratio]);
      ctx.textAlign = 'left';
      ctx.fillStyle = this.#palette.of('muted');
      ctx.fillText(l10n.t('now'), x + 4 * ratio, bbox.top + bbox.height - 5 * ratio);
    }
    ctx.restore();
  }

  /** What stands at the cursor, beside it. */
  #tip(plot: uPlot): void {
    const { model } = this;
    const tip = this.querySelector<HTMLElement>('.tip');
    const { idx, left = -1 } = plot.cursor;
    const point = idx === null || idx === undefined ? undefined : model?.points[idx];
    if (tip === null) return;
    tip.hidden = left < 0 || point === undefined;
    if (model === undefined || point === undefined) return;
    tip.textContent = pointInWords(model, point).replaceAll(', ', '\n');
    const x = plot.over.offsetLeft + left;
    const atEnd = x > this.clientWidth / 2;
    tip.style.insetInlineStart = atEnd ? '' : `${String(x + 10)}px`;
    tip.style.insetInlineEnd = atEnd ? `${String(this.clientWidth - x + 10)}px` : '';
  }

  #move(event: KeyboardEvent, last: number): void {
    const at = this.#cursor ?? last;
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
    if (event.key === 'Escape') this.#point(undefined);
    if (next === undefined) return;
    event.preventDefault();
    this.#point(Math.max(0, Math.min(last, next)));
  }

  /** Puts the cursor on a moment; `undefined` takes it away. */
  #point(index: number | undefined): void {
    this.#cursor = index;
    const point = index === undefined ? undefined : this.model?.points[index];
    const plot = this.#plot;
    if (plot !== undefined) {
      const left = point === undefined ? -10 : plot.valToPos(point.at, 'x');
      plot.setCursor({ left, top: point === undefined ? -10 : 0 });
    }
    this.requestUpdate();
  }

  #resize(): void {
    const width = this.querySelector<HTMLElement>('.canvas')?.clientWidth ?? 0;
    if (width > 0 && this.#plot?.width !== width) this.#plot?.setSize({ width, height: HEIGHT });
  }
}

customElements.define('batchbook-plot', PlotElement);

/** Of a label of an axis, roughly, in pixels. */
function widthOf(label: string): number {
  return 6.4 * label.length;
}

function dataOf({ points, goesOn }: PlotModel): uPlot.AlignedData {
  const [first, last] = [points[0], points.at(-1)];
  // A little more, so that the last step is seen as one.
  const after =
    goesOn && first !== undefined && last !== undefined
      ? [{ ...last, at: last.at + 0.04 * (last.at - first.at), done: null, top: null }]
      : [];
  const drawn = [...points, ...after];
  const column = (of: (point: PlotPoint) => number | null): (number | null)[] => drawn.map(of);
  return [
    drawn.map(({ at }) => at),
    column(({ top }) => top),
    column(({ done }) => done),
    column(({ expected }) => expected),
  ];
}

function line(
  ctx: CanvasRenderingContext2D,
  [x1, y1, x2, y2]: readonly [number, number, number, number],
  dash: readonly number[],
): void {
  ctx.setLineDash([...dash]);
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
}

function tableOf(model: PlotModel): TemplateResult {
  const { points, keys, format } = model;
  const step = Math.max(1, Math.ceil(points.length / TABLE_ROWS));
  const shown = points.filter((_, i) => i % step === 0 || i === points.length - 1);
  const cell = (value: number | null): string => (value === null ? '' : format(value));
  return html`<div class="table" tabindex="0" role="region" aria-label=${model.title}>
    <table>
      <thead>
        <tr>
          <th scope="col">${l10n.t('Time')}</th>
          <th scope="col" class="end">${keys.done}</th>
          <th scope="col" class="end">${keys.top}</th>
          <th scope="col" class="end">${keys.expected}</th>
        </tr>
      </thead>
      <tbody>
        ${shown.map(
          ({ at, done, top, expected }) =>
            html`<tr>
              <td>${clockIn(model, at)}</td>
              <td class="end">${cell(done)}</td>
              <td class="end">${cell(top === null || done === null ? null : top - done)}</td>
              <td class="end">${cell(done === null ? expected : null)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
