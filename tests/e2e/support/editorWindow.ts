import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type Locator, type Page } from 'playwright-core';
import { results } from '../../../scripts/lib/paths.mjs';

/** The first paint of a workbench and the start of its extension host take long on a small machine. */
const firstWaitMs = 60_000;
const waitMs = 30_000;

export type State = 'stopped' | 'starting' | 'active' | 'reconnecting' | 'error' | 'in another window' | 'blocked';

/** One VS Code window as a person sees it: rows, the status bar, the Problems panel. Hides selectors, never intent. */
export class EditorWindow {
  private constructor(readonly page: Page) {}

  static async open(browser: Browser, url: string): Promise<EditorWindow> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, permissions: ['clipboard-read', 'clipboard-write'] });
    const page = await context.newPage();
    page.setDefaultTimeout(waitMs);
    await page.goto(url);
    await page.locator('.monaco-workbench .statusbar').waitFor({ timeout: firstWaitMs });
    return new EditorWindow(page);
  }

  /** What the editor has written down for the extension: it takes a tenth of a second to, and a page that reloads before has forgotten it. */
  async storedState(): Promise<string> {
    return this.page.evaluate(async () => {
      const result = <T>(request: IDBRequest<T>): Promise<T> => new Promise((resolve, reject) => {
        request.onsuccess = () => { resolve(request.result); };
        request.onerror = () => { reject(new Error(String(request.error))); };
      });
      const names = (await indexedDB.databases()).map(({ name }) => name ?? '').filter((name) => name.startsWith('vscode-web-state-db-') && !name.endsWith('-global'));
      const values = await Promise.all(names.map(async (name) => {
        const database = await result(indexedDB.open(name));
        const value = database.objectStoreNames.contains('ItemTable') ? await result<unknown>(database.transaction('ItemTable').objectStore('ItemTable').get('kftray.kftray-vscode')) : '';
        database.close();
        return typeof value === 'string' ? value : '';
      }));
      return values.join('\n');
    });
  }

  /** As a person presses F5 in the browser. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.page.locator('.monaco-workbench .statusbar').waitFor({ timeout: firstWaitMs });
    await this.pane.locator('.monaco-list-row').first().waitFor({ timeout: firstWaitMs });
  }

  /** Runs a command by its title, through the palette. */
  async run(title: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input').first();
    // A key that comes while another quick input is going away opens none.
    for (let isOpen = false; !isOpen; ) {
      await this.page.keyboard.press('F1');
      isOpen = await input.waitFor({ timeout: 5000 }).then(() => true, () => false);
    }
    await input.fill(`>${title}`);
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().click({ timeout: firstWaitMs });
  }

  /** Shows our side bar. */
  async showSideBar(): Promise<void> {
    // Off the centre, where a badge would swallow the click.
    await this.page.locator('.activitybar .action-item', { has: this.page.locator('.action-label[aria-label^="Kftray"]') }).click({ position: { x: 10, y: 10 }, timeout: firstWaitMs });
  }

  /** Shows our side bar, and waits for its rows. */
  async showForwards(): Promise<void> {
    await this.showSideBar();
    await this.pane.locator('.monaco-list-row').first().waitFor({ timeout: firstWaitMs });
  }

  /** What an empty view says. */
  get welcome(): Locator {
    return this.pane.locator('.welcome-view-content');
  }

  private get pane(): Locator {
    return this.page.locator('.pane', { has: this.page.locator('.pane-header', { hasText: 'Port Forwards' }) });
  }

  /** The row of a forward, in a given state if one is named. Its spoken label begins "alias, state, ". */
  row(alias: string, state?: State): Locator {
    return this.pane.locator(`.monaco-list-row[aria-label^="${alias}, ${state ?? ''}"]`);
  }

  async becomes(alias: string, state: State, timeout = waitMs): Promise<void> {
    await this.row(alias, state).waitFor({ timeout });
  }

  /** The spoken labels of all rows of forwards. */
  async rowLabels(): Promise<string[]> {
    const labels = await this.pane.locator('.monaco-list-row[aria-level="2"]').evaluateAll((rows) => rows.map((row) => row.getAttribute('aria-label') ?? ''));
    return labels;
  }

  /** The row of a group that shows a share such as 1/3; its spoken label is "name, 1 of 3 active". */
  group(name: string, share = ''): Locator {
    return this.pane.locator(`.monaco-list-row[aria-level="1"][aria-label^="${name}, ${share.replace('/', ' of ')}"]`);
  }

  /** Presses a row's inline button, which is there while the mouse is over the row. Its label may go on with a key. */
  async press(alias: string, action: string): Promise<void> {
    await this.pressOn(this.row(alias), action);
  }

  async pressOn(row: Locator, action: string): Promise<void> {
    const button = row.locator(`.actions .action-label[aria-label^="${action}"]`);
    for (let attempts = 5; ; attempts--) {
      await row.hover();
      try {
        await button.click({ timeout: 3000 });
        return;
      } catch (error) {
        // The row may have moved away under the mouse, as rows do when a message above them goes: once more.
        if (attempts === 0) {
          throw error;
        }
        await this.restMouse();
      }
    }
  }

  /** Moves the mouse to where it is over nothing, so that what it had called up goes. A hover that stays is no reason to fail. */
  private async restMouse(): Promise<void> {
    const hover = this.page.locator('.monaco-hover:visible');
    for (let attempts = 0; attempts < 5; attempts++) {
      // A workbench that was busy with something else has not seen the mouse leave: it moves again.
      await this.page.mouse.move(600 + 10 * attempts, 640);
      const isGone = await hover.waitFor({ state: 'detached', timeout: 1000 }).then(() => true, () => false);
      if (isGone) {
        return;
      }
    }
  }

  get statusItem(): Locator {
    return this.page.locator('.statusbar-item[id="kftray.kftray-vscode.status"]');
  }

  async statusBecomes(text: string, timeout = waitMs): Promise<void> {
    await this.statusItem.filter({ hasText: text }).waitFor({ timeout });
  }

  /** A codicon shown in the status item, such as `sync`. */
  statusIcon(icon: string): Locator {
    return this.statusItem.locator(`.codicon-${icon}`);
  }

  /** A notification that says this. */
  toast(text: string | RegExp): Locator {
    return this.page.locator('.notification-toast', { hasText: text });
  }

  async answerToast(text: string | RegExp, answer: string): Promise<void> {
    await this.toast(text).locator('.monaco-button', { hasText: answer }).click();
  }

  /** What stands above a definition in a config document, such as "Start". */
  lens(text: string | RegExp): Locator {
    return this.page.locator('.codelens-decoration > :is(a, span)', { hasText: text });
  }

  /** Something of the cluster that may be written at the cursor: the editor's own suggestions are words of the document. */
  suggestion(text: string): Locator {
    return this.page.locator('.suggest-widget .monaco-list-row', { hasText: text, has: this.page.locator('.codicon-symbol-interface') });
  }

  /** Shows the team's config document in an editor. */
  async openConfig(): Promise<void> {
    await this.run('Kftray: Open Workspace Forwards (JSON)');
    await this.page.locator('.editor-instance .view-lines').first().waitFor();
  }

  /** Puts the cursor of the open editor at a place, both counted from 1. */
  async goTo(line: number, column: number): Promise<void> {
    await this.page.keyboard.press('Control+g');
    const input = this.page.locator('.quick-input-widget input').first();
    await input.waitFor();
    await input.fill(`:${line}:${column}`);
    await this.page.keyboard.press('Enter');
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  /** Saves what has been changed. */
  async save(): Promise<void> {
    const dirty = this.page.locator('.tab.active.dirty');
    await dirty.waitFor();
    await this.page.keyboard.press('Control+s');
    await dirty.waitFor({ state: 'detached' });
  }

  /** Takes a fix that is offered where the cursor is. */
  async fix(title: string): Promise<void> {
    await this.page.keyboard.press('Control+.');
    await this.page.locator('.action-widget .monaco-list-row', { hasText: title }).click();
  }

  /** A row of the open quick pick. */
  choice(text: string): Locator {
    return this.page.locator('.quick-input-list .monaco-list-row', { hasText: text });
  }

  /** Waits for a step of a multi-step input, by what it asks. */
  async asked(prompt: string): Promise<void> {
    const widget = this.page.locator('.quick-input-widget');
    await widget.filter({ hasText: prompt }).or(widget.filter({ has: this.page.locator(`input[placeholder*="${prompt}"]`) })).first().waitFor();
  }

  async showProblems(): Promise<void> {
    await this.run('Problems: Focus on Problems View');
  }

  /** Rows of the Problems panel. */
  problems(text?: string): Locator {
    const rows = this.page.locator('.markers-panel .monaco-list-row');
    return text === undefined ? rows : rows.filter({ hasText: text });
  }

  /** Closes the panel at the bottom. */
  async hidePanel(): Promise<void> {
    await this.run('View: Hide Panel');
  }

  /** What assistive technology is told: the names of all elements of a role. */
  async spoken(): Promise<(role: string) => string[]> {
    const session = await this.page.context().newCDPSession(this.page);
    const { nodes } = await session.send('Accessibility.getFullAXTree');
    await session.detach();
    return (role) => nodes.filter((node) => node.role?.value === role).map(({ name }) => (typeof name?.value === 'string' ? name.value : ''));
  }

  /** How long our activation took, and the longest one of the editor's own extensions in the same start. */
  async activationMs(): Promise<{ ours: number; reference: number }> {
    const size = this.page.viewportSize();
    // The list has the rows that can be seen, and no others.
    await this.page.setViewportSize({ width: size?.width ?? 1280, height: 3000 });
    await this.run('Developer: Show Running Extensions');
    const rows = this.page.locator('.runtime-extensions-editor .monaco-list-row');
    await rows.filter({ hasText: 'Kftray' }).first().waitFor();
    const times = (await rows.allInnerTexts()).map((text) => ({ isOurs: text.includes('Kftray'), milliseconds: Number(/(\d+)\s*ms/.exec(text)?.[1] ?? Number.NaN) }));
    const slowest = (isOurs: boolean): number => Math.max(...times.filter((row) => row.isOurs === isOurs && !Number.isNaN(row.milliseconds)).map(({ milliseconds }) => milliseconds));
    const measured = { ours: slowest(true), reference: slowest(false) };
    // It is shown above everything else.
    await this.page.keyboard.press('Escape');
    await rows.first().waitFor({ state: 'detached' });
    if (size) {
      await this.page.setViewportSize(size);
    }
    if (!Number.isFinite(measured.ours)) {
      throw new Error('The editor does not say how long the activation took.');
    }
    return measured;
  }

  /** From now on counts how often the rows are drawn anew; what happens within a tenth of a second is one time. */
  async countRedraws(): Promise<void> {
    await this.pane.locator('.monaco-list-rows').evaluate((rows) => {
      const counter = { count: 0, until: 0 };
      Object.assign(window, { redraws: counter });
      new MutationObserver(() => {
        const now = performance.now();
        if (now > counter.until) {
          counter.count++;
          counter.until = now + 100;
        }
      }).observe(rows, { childList: true, subtree: true, characterData: true });
    });
  }

  async redraws(): Promise<number> {
    return this.page.evaluate(() => (window as unknown as { redraws: { count: number } }).redraws.count);
  }

  /** Holds the mouse over a row until its tooltip is there. */
  async hover(alias: string): Promise<void> {
    await this.row(alias).hover();
    await this.page.locator('.monaco-hover:visible', { hasText: alias }).waitFor();
  }

  async isHovering(): Promise<boolean> {
    return this.page.locator('.monaco-hover:visible').isVisible();
  }

  async resize(width: number): Promise<void> {
    await this.page.setViewportSize({ width, height: 720 });
  }

  /** Leaves a picture in test-results/screenshots. */
  async screenshot(name: string): Promise<void> {
    const folder = join(results, 'screenshots');
    mkdirSync(folder, { recursive: true });
    await this.restMouse();
    await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }
}
