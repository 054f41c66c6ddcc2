import { ensureBrowser, launchBrowser } from './browser.ts';
import { ensureServer } from './server.ts';

// Fetches what the editor tests need, and proves that the browser starts, before any of their time is counted.
const [serverDir, program] = await Promise.all([ensureServer(), ensureBrowser()]);
const browser = await launchBrowser(program);
process.stdout.write(`server ${serverDir}\nbrowser ${program.executablePath} ${browser.version()}\n`);
await browser.close();
