import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { startDemoCluster } from '../../../scripts/demo/cluster.mjs';
import { quietSettings, startCodeServer, writeSettings } from '../../../scripts/editor/codeServer.mjs';
import { demoConfig, results, root } from '../../../scripts/lib/paths.mjs';
import { EditorWindow } from './editorWindow';
import { processesUnder, until } from './waiting';

/** A setting that `npm test` hands over; without it the suite was started by hand. */
function given(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set: run the end-to-end tests with \`npm test -- --only e2e\`.`);
  }
  return value;
}

type Theme = 'dark' | 'light';

/** Which picture of which scenario the README shows. */
const readmePictures = new Map([
  ['03-busy-port-dark-1280', 'busy-port.png'],
  ['08-wizard-dark-1280', 'add.png'],
  ['11-completion-dark-1280', 'completion.png'],
]);

export interface LabOptions {
  /** False opens the workspace in Restricted Mode. */
  readonly trusted: boolean;
  readonly theme?: Theme;
  /** Another config than the demo's. */
  readonly config?: string;
}

interface PodList {
  readonly items: readonly { readonly metadata: { readonly name: string; readonly deletionTimestamp?: string } }[];
}

/** A test cluster, a copy of the demo workspace on ports that are free, and a fresh VS Code with the packed extension that shows it. */
export class Lab {
  private constructor(
    private readonly home: string,
    readonly cluster: Awaited<ReturnType<typeof startDemoCluster>>,
    private readonly server: Awaited<ReturnType<typeof startCodeServer>>,
    private readonly browser: Browser,
    readonly window: EditorWindow,
    private readonly folder: string,
    readonly configFile: string,
    /** Local port by alias. */
    readonly ports: ReadonlyMap<string, number>,
  ) {}

  static async open({ trusted, theme = 'dark', config }: LabOptions): Promise<Lab> {
    const home = mkdtempSync(join(tmpdir(), 'kftray-e2e-'));
    const cluster = await startDemoCluster();
    const folder = join(home, 'demo');
    const configFile = join(folder, '.vscode', 'kftray.json');
    mkdirSync(join(folder, '.vscode'), { recursive: true });
    writeFileSync(configFile, config ?? readFileSync(demoConfig, 'utf8'));
    const ports = await useFreePorts(configFile);

    const server = await startCodeServer({
      program: given('KFTRAY_CODE_SERVER'),
      env: { PATH: given('KFTRAY_CODE_SERVER_PATH') },
      home,
      vsix: given('KFTRAY_VSIX'),
      settings: settingsOf(cluster, theme),
      trusted,
    });
    const browser = await chromium.launch({
      executablePath: given('KFTRAY_CHROMIUM'),
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    });
    const window = await EditorWindow.open(browser, server.folderUrl(folder));
    return new Lab(home, cluster, server, browser, window, folder, configFile, ports);
  }

  /** Another window: of the same folder, or of one that is made here. */
  async openWindow(name?: string): Promise<{ window: EditorWindow; folder: string }> {
    const folder = name === undefined ? this.folder : join(this.home, name);
    mkdirSync(folder, { recursive: true });
    return { window: await EditorWindow.open(this.browser, this.server.folderUrl(folder)), folder };
  }

  /** Writes a file into the demo folder. */
  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  /** Undefined while there is no such file. */
  tryRead(name: string): string | undefined {
    return existsSync(join(this.folder, name)) ? this.read(name) : undefined;
  }

  /** How a scenario looks: dark and light, wide and narrow. For people to look at. */
  async pictures(name: string, window = this.window): Promise<void> {
    for (const theme of ['light', 'dark'] as const) {
      await this.useTheme(theme, window);
      for (const width of [800, 1280]) {
        await window.resize(width);
        await window.screenshot(`${name}-${theme}-${width}`);
        this.keepForReadme(`${name}-${theme}-${width}`);
      }
    }
  }

  /** The pictures of the README are files of the repository, and change when somebody wants them to. */
  private keepForReadme(name: string): void {
    const kept = readmePictures.get(name);
    if (kept !== undefined && process.env.KFTRAY_README_PICTURES) {
      mkdirSync(join(root, 'media', 'readme'), { recursive: true });
      cpSync(join(results, 'screenshots', `${name}.png`), join(root, 'media', 'readme', kept));
    }
  }

  port(alias: string): number {
    const port = this.ports.get(alias);
    if (port === undefined) {
      throw new Error(`The demo has no forward ${alias}.`);
    }
    return port;
  }

  /** The name of the pod that a deployment has now, terminating ones left out. */
  async pod(deployment: string): Promise<string> {
    const list = await this.cluster.api('GET', `/api/v1/namespaces/shop/pods?labelSelector=app%3D${deployment}`) as PodList;
    const [pod] = list.items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    return pod?.metadata.name ?? '';
  }

  /** From now on new pods take this long to start. */
  async setPodStart(milliseconds: number): Promise<void> {
    const response = await fetch(new URL('/timing', this.cluster.control), {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ startDelayMs: milliseconds }),
    });
    if (!response.ok) {
      throw new Error(`The test cluster refused: ${await response.text()}`);
    }
  }

  async deletePod(name: string): Promise<void> {
    await this.cluster.api('DELETE', `/api/v1/namespaces/shop/pods/${name}`);
  }

  readConfig(): string {
    return readFileSync(this.configFile, 'utf8');
  }

  writeConfig(text: string): void {
    writeFileSync(this.configFile, text);
  }

  /** The command lines of what runs because this editor ran. */
  processes(): string[] {
    return processesUnder(this.home).map(({ command }) => command);
  }

  /** Ends the editor, as after a person's last window. */
  async quit(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
  }

  /** Changes the colours of the open window, and waits until it shows them. */
  async useTheme(theme: Theme, window = this.window): Promise<void> {
    const shown = window.page.locator(theme === 'dark' ? '.monaco-workbench.vs-dark' : '.monaco-workbench.vs');
    for (let attempts = 10; attempts > 0 && !(await shown.isVisible()); attempts--) {
      // A window that has just been loaded may not look at the file yet: then it is written again.
      writeSettings(join(this.home, 'user-data'), { ...quietSettings, ...settingsOf(this.cluster, theme) });
      await shown.waitFor({ timeout: 3000 }).catch(() => undefined);
    }
    await shown.waitFor({ timeout: 1000 });
  }

  /** Processor time that the extension hosts of this editor have used, in milliseconds. */
  extensionHostMs(): number {
    const hosts = processesUnder(this.home, 'environ').filter(({ command }) => command.includes('--type=extensionHost'));
    if (hosts.length === 0) {
      throw new Error('There is no extension host.');
    }
    const ticks = hosts.map(({ pid }) => {
      // Behind the program's name, which may have blanks: utime and stime are the 12th and 13th field.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return Number(fields[11]) + Number(fields[12]);
    });
    const ticksPerSecond = 100;
    return (ticks.reduce((sum, count) => sum + count, 0) * 1000) / ticksPerSecond;
  }

  /** The sidecars that the extension of this window runs. */
  sidecars(): number[] {
    return processesUnder(join(this.home, 'extensions')).filter(({ command }) => command.includes('kftray-sidecar')).map(({ pid }) => pid);
  }

  /** Ends the sidecar as a crash would. */
  async killSidecar(): Promise<void> {
    const [pid, ...others] = this.sidecars();
    if (pid === undefined || others.length > 0) {
      throw new Error(`There should be one sidecar, and there are ${others.length + (pid === undefined ? 0 : 1)}.`);
    }
    process.kill(pid, 'SIGKILL');
    await until('the sidecar has ended', () => !this.sidecars().includes(pid));
  }

  /** Closes a window; its sidecar must end by itself. */
  async closeWindow(window: EditorWindow): Promise<void> {
    const before = this.sidecars().length;
    await window.page.goto('about:blank');
    await until('the sidecar of the window has ended', () => this.sidecars().length < before, 20_000);
    await window.page.context().close();
  }

  /** Leaves the page, as a person closing the tab; the window's sidecar must end by itself. */
  async leave(): Promise<void> {
    await this.window.page.goto('about:blank');
    await until('the sidecar has ended', () => this.sidecars().length === 0, 20_000);
  }

  /** For whoever looks into a failed step: what the window showed, and what editor, extension and sidecar logged. */
  async keepEvidence(step: string): Promise<void> {
    const pages = this.browser.contexts().flatMap((context) => context.pages());
    await Promise.all(pages.map((page, index) => page.screenshot({ path: join(results, 'screenshots', `failed-${step}-${index + 1}.png`) })));
    cpSync(join(this.home, 'user-data', 'logs'), join(results, 'logs', step), { recursive: true });
  }

  /** Ends everything. */
  async close(): Promise<void> {
    await this.browser.close();
    await this.server.stop();
    await this.cluster.stop();
    rmSync(this.home, { recursive: true, force: true });
  }
}

function settingsOf(cluster: { readonly kubeconfig: string }, theme: Theme): Record<string, unknown> {
  return {
    'kftray.kubeconfig': [cluster.kubeconfig],
    // In the browser the editor saves by itself, a second after the last key: here a step says when.
    'files.autoSave': 'off',
    'workbench.colorTheme': theme === 'dark' ? 'Default Dark Modern' : 'Default Light Modern',
  };
}

/** Gives every forward of the file a local port that is free now. Resolves to them by alias. */
async function useFreePorts(file: string): Promise<Map<string, number>> {
  const text = readFileSync(file, 'utf8');
  const aliases = [...text.matchAll(/"alias":\s*"([^"]+)"/g)].map((match) => match[1] ?? '');
  const free = await freePorts(aliases.length);
  let next = 0;
  writeFileSync(file, text.replace(/("local_port":\s*)\d+/g, (_, key: string) => `${key}${free[next++]}`));
  return new Map(aliases.map((alias, index) => [alias, free[index] ?? 0]));
}

/**
 * Below those that the system gives to outgoing connections, of which one could come between the question and the use; far enough apart that
 * the next port of each is free too.
 */
async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let port = 12_000 + 10 * Math.floor(Math.random() * 1000); ports.length < count; port += 10) {
    if ((await isFree(port)) && (await isFree(port + 1))) {
      ports.push(port);
    }
  }
  return ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => { resolve(false); });
    server.listen(port, '127.0.0.1', () => { server.close(() => { resolve(true); }); });
  });
}
