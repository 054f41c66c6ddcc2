import '../pageTexts.ts';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import { render } from 'lit';
import type { ProgressState, ProgressSurface, SeriesState } from '../../protocol/progressSurface.ts';
import { openChannel } from '../pagePort.ts';
import { pageOf } from './runPage.ts';

const channel = openChannel<ProgressSurface>();
const page = document.getElementById('page') ?? document.body;
let state: ProgressState | undefined;
let series: SeriesState | undefined;

channel.on('progress', (value) => {
  state = value;
  draw();
});
channel.on('series', (value) => {
  series = value;
  draw();
});
channel.hello();

function draw(): void {
  if (state !== undefined) render(pageOf(state, series, channel), page);
}
