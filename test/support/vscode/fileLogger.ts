/**
 * Stands in for `@vscode/spdlog` in the server, whose compiled part is not built here: without it nothing that VS Code
 * or an extension logs would be kept, and "Show Log" would show nothing. CommonJS, as the module that it replaces.
 */
export const FILE_LOGGER = `const fs = require('node:fs');
const path = require('node:path');

const LEVELS = ['trace', 'debug', 'info', 'warning', 'error', 'critical'];

class Logger {
  constructor(file) {
    this.file = file;
    this.level = 2;
    this.bare = false;
  }
  setLevel(level) { this.level = level; }
  getLevel() { return this.level; }
  setPattern() { this.bare = false; }
  clearFormatters() { this.bare = true; }
  flush() {}
  drop() {}
  log(level, text) {
    if (level < this.level) return;
    const time = new Date().toISOString().replace('T', ' ').replace('Z', '');
    fs.appendFileSync(this.file, this.bare ? text : time + ' [' + LEVELS[level] + '] ' + text + '\\n');
  }
  trace(text) { this.log(0, text); }
  debug(text) { this.log(1, text); }
  info(text) { this.log(2, text); }
  warn(text) { this.log(3, text); }
  error(text) { this.log(4, text); }
  critical(text) { this.log(5, text); }
}

async function createLogger(_name, file) {
  await fs.promises.mkdir(path.dirname(file), { recursive: true });
  return new Logger(file);
}

exports.setFlushOn = () => {};
exports.createRotatingLogger = createLogger;
exports.createAsyncRotatingLogger = createLogger;
`;
