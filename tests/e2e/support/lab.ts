import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { startDemoCluster } from '../../../scripts/demo/cluster.mjs';
import { startCodeServer } from '../../../scripts/editor/codeServer.mjs';
import { demoConfig, results } from '../../../scripts/lib/paths.mjs';
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

export interface LabOptions {
  /** False opens the workspace in Restricted Mode. */
  readonly trusted: boolean;
  readonly theme?: 'dark' | 'light';
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
    readonly configFile: string,
    /** Local port by alias. */
    readonly ports: ReadonlyMap<string, number>,
  ) {}

  static async open({ trusted, theme = 'dark' }: LabOptions): Promise<Lab> {
    const home = mkdtempSync(join(tmpdir(), 'kftray-e2e-'));
    const cluster = await startDemoCluster();
    const folder = join(home, 'demo');
    const configFile = join(folder, '.vscode', 'kftray.json');
    mkdirSync(join(folder, '.vscode'), { recursive: true });
    cpSync(demoConfig, configFile);
    const ports = await useFreePorts(configFile);

    const server = await startCodeServer({
      program: given('KFTRAY_CODE_SERVER'),
      env: { PATH: given('KFTRAY_CODE_SERVER_PATH') },
      home,
      vsix: given('KFTRAY_VSIX'),
      settings: {
        'kftray.kubeconfig': [cluster.kubeconfig],
        'workbench.colorTheme': theme === 'dark' ? 'Default Dark Modern' : 'Default Light Modern',
      },
      trusted,
    });
    const browser = await chromium.launch({
      executablePath: given('KFTRAY_CHROMIUM'),
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    });
    const window = await EditorWindow.open(browser, server.folderUrl(folder));
    return new Lab(home, cluster, server, browser, window, configFile, ports);
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

  /** The sidecars that the extension of this window runs. */
  sidecars(): number[] {
    return processesUnder(join(this.home, 'extensions')).filter(({ command }) => command.includes('kftray-sidecar')).map(({ pid }) => pid);
  }

  /** Leaves the page, as a person closing the tab; the window's sidecar must end by itself. */
  async leave(): Promise<void> {
    await this.window.page.goto('about:blank');
    await until('the sidecar has ended', () => this.sidecars().length === 0, 20_000);
  }

  /** For whoever looks into a failed step: what the window showed, and what editor, extension and sidecar logged. */
  async keepEvidence(step: string): Promise<void> {
    await this.window.screenshot(`failed-${step}`);
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

/** Gives every forward of the file a local port that is free now. Resolves to them by alias. */
async function useFreePorts(file: string): Promise<Map<string, number>> {
  const text = readFileSync(file, 'utf8');
  const aliases = [...text.matchAll(/"alias":\s*"([^"]+)"/g)].map((match) => match[1] ?? '');
  const free = await freePorts(aliases.length);
  let next = 0;
  writeFileSync(file, text.replace(/("local_port":\s*)\d+/g, (_, key: string) => `${key}${free[next++]}`));
  return new Map(aliases.map((alias, index) => [alias, free[index] ?? 0]));
}

async function freePorts(count: number): Promise<number[]> {
  // All at once, so that they differ.
  const servers = await Promise.all(
    Array.from({ length: count }, () => new Promise<ReturnType<typeof createServer>>((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => { resolve(server); });
    })),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
