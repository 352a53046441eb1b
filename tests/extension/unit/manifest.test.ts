import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { commands } from '../../../extension/src/commands/index';
import { clusterRow, type ClusterNode } from '../../../extension/src/model/clusterNodes';
import { presentRow } from '../../../extension/src/model/presentation';
import { taskType } from '../../../extension/src/integrations/forwardTasks';
import { tooltipCommands } from '../../../extension/src/model/tooltip';
import { type ForwardSnapshot, type ForwardStatus } from '../../../extension/src/sidecar/protocol.generated';
import { snapshot, t } from '../support/snapshots';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (name: string): string => readFileSync(path.join(root, name), 'utf8');

interface MenuItem {
  command: string;
  when?: string;
  group?: string;
}

interface Manifest {
  version: string;
  activationEvents: string[];
  engines: { vscode: string };
  devDependencies: Record<string, string>;
  dependencies?: Record<string, string>;
  icon: string;
  capabilities: { untrustedWorkspaces: { supported: string; restrictedConfigurations: string[] } };
  contributes: {
    commands: { command: string; title: string; icon?: string }[];
    menus: Record<string, MenuItem[]>;
    keybindings: (MenuItem & { args?: unknown })[];
    viewsWelcome: { contents: string; when: string }[];
    views: Record<string, { id: string; icon: string }[]>;
    configuration: { properties: Record<string, { scope: string; order: number; default: unknown; markdownDescription: string }> };
    configurationDefaults: { 'remote.portsAttributes': Record<string, unknown> };
    jsonValidation: { url: string }[];
    languageModelTools: { name: string; when: string; inputSchema: object }[];
    taskDefinitions: { type: string }[];
    walkthroughs: { steps: { media: { svg: string } }[] }[];
  };
}

const manifest = JSON.parse(read('package.json')) as Manifest;
const texts = JSON.parse(read('package.nls.json')) as Record<string, string>;
const sources = readdirSync(path.join(root, 'extension', 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: read(path.join('extension', 'src', name)) }));
const code = sources.map(({ text }) => text).join('\n');
const declared = manifest.contributes.commands.map(({ command }) => command);
const settings = Object.keys(manifest.contributes.configuration.properties);
const menuItems = Object.values(manifest.contributes.menus).flat();

/** Every contextValue that a row can have. */
const contextValues = ((): string[] => {
  const statuses: ForwardStatus[] = ['stopped', 'starting', 'active', 'reconnecting', 'failed', 'blocked'];
  const variants: Partial<ForwardSnapshot>[] = [{}, { open: 'http' }, { localPort: 0 }, { workloadType: 'proxy' }, { pods: ['x-1'] }, { protocol: 'udp' }, { waitingFor: 'event' }, { waitingFor: 'user' }, { waitingFor: 'time' }, { fault: { kind: 'consentRequired', message: '' } }, { fault: { kind: 'signInRequired', message: '' }, waitingFor: 'user' }, { fault: { kind: 'portInUse', message: '', holder: { address: '', isKftray: true } } }];
  const rows = statuses.flatMap((status) => variants.map((variant) => presentRow(snapshot({ status, ...variant }), true, 'x', t).contextValue));
  const clusters: ClusterNode[] = [
    { kind: 'context', context: 'c', isCurrent: true },
    { kind: 'namespace', context: 'c', namespace: 'n', isDefault: true },
    ...(['service', 'pod'] as const).flatMap((type): ClusterNode[] => [undefined, []].map((annotated) => ({ kind: 'workload', context: 'c', namespace: 'n', workload: { type, name: 'w', ports: [], ...(annotated ? { annotated } : {}) } }))),
    { kind: 'port', context: 'c', namespace: 'n', workload: { type: 'service', name: 'w', ports: [] }, port: { number: 1, protocol: 'tcp' } },
  ];
  return [...new Set([...rows, presentRow(snapshot(), false, 'x', t).contextValue, 'group', 'source', ...clusters.map((node) => clusterRow(node, t).contextValue)])];
})();

describe('Commands', () => {
  it('Commands_Declared_AreHandledAndNoOthers', () => {
    expect(Object.keys(commands).sort()).toEqual([...declared].sort());
  });

  it('Commands_InMenusKeysTextsAndCode_AreDeclared', () => {
    const used = [
      ...menuItems.map(({ command }) => command),
      ...manifest.contributes.keybindings.map(({ command }) => command),
      ...tooltipCommands,
      ...Object.values(texts).flatMap((text) => [...text.matchAll(/command:(kftray\.\w+)/g)].map(([, id]) => id!)),
      ...[...code.matchAll(/'(kftray\.(?:start|stop|add|allow|open|copy|show|restart|reveal|manage|retry|change|update|diagnose)(?!\w*Count)\w*)'/g)].map(([, id]) => id!),
    ];
    expect(used.filter((id) => !declared.includes(id) && !settings.includes(id))).toEqual([]);
    expect(used.length).toBeGreaterThan(30);
  });

  it('Commands_OnRows_AreAtMostTwoInline', () => {
    const inline = manifest.contributes.menus['view/item/context']!.filter(({ group }) => group?.startsWith('inline'));
    for (const value of contextValues) {
      expect(inline.filter(({ when }) => matches(when!, value)).length, value).toBeLessThanOrEqual(2);
    }
  });

  it.each<[string, Partial<ForwardSnapshot>, string[]]>([
    ['OfAnyFreePort', { localPort: 0 }, ['kftray.copyKubectl']],
    ['ThroughTheCluster', { workloadType: 'proxy' }, ['kftray.copyAddress', 'kftray.copyAs']],
    ['OfAService', {}, ['kftray.copyAddress', 'kftray.copyAs', 'kftray.copyKubectl']],
  ])('Commands_ThatCopyFromARow_%s_AreThoseThatHaveSomethingToCopy', (_, changes, expected) => {
    const value = presentRow(snapshot(changes), true, 'x', t).contextValue;
    const offered = manifest.contributes.menus['view/item/context']!.filter(({ command, when }) => command.startsWith('kftray.copy') && matches(when!, value));
    expect(offered.map(({ command }) => command).sort()).toEqual(expected);
  });

  it('Commands_ByKey_AreAboutTheSelection', () => {
    expect(manifest.contributes.keybindings.map(({ args }) => args)).toEqual(manifest.contributes.keybindings.map(() => ({ of: 'selection' })));
  });

  it('Commands_Inline_HaveIcons', () => {
    const withIcon = new Set(manifest.contributes.commands.filter(({ icon }) => icon).map(({ command }) => command));
    const needIcon = menuItems.filter(({ group }) => group?.startsWith('inline') || group?.startsWith('navigation')).map(({ command }) => command);
    expect(needIcon.filter((command) => !withIcon.has(command))).toEqual([]);
  });
});

describe('WhenClauses', () => {
  const patterns = [...new Set(menuItems.flatMap(({ when }) => [...(when ?? '').matchAll(/viewItem =~ \/(.*?)\/(?:\s|$)/g)].map(([, pattern]) => pattern!)))];

  it.each(patterns)('WhenClause_%s_CanOccur', (pattern) => {
    expect(contextValues.filter((value) => new RegExp(pattern).test(value))).not.toEqual([]);
  });

  it.each(contextValues)('Row_%s_HasAMenu', (value) => {
    expect(menuItems.filter(({ when }) => when?.includes('viewItem') && matches(when, value))).not.toEqual([]);
  });

  it('ContextKeys_InTheManifest_AreSetSomewhere', () => {
    const whens = JSON.stringify(manifest.contributes.menus) + JSON.stringify(manifest.contributes.viewsWelcome);
    const keys = [...new Set([...whens.matchAll(/kftray\.(\w*(?:Count|state|hasForwards))/g)].map(([key]) => key))];
    expect(keys.length).toBeGreaterThan(2);
    expect(keys.filter((key) => !code.includes(`setKey('${key}'`))).toEqual([]);
  });
});

describe('Settings', () => {
  it('Settings_Declared_AreReadAndNoOthers', () => {
    const reader = sources.find(({ name }) => name === 'settings.ts')!.text;
    const reads = [...reader.matchAll(/this\.(?:read|text|flag|number|object|choice)\('([\w.]+)'/g)].map(([, name]) => `kftray.${name!}`);
    expect(reads.sort()).toEqual([...settings].sort());
  });

  it('Settings_ReadWithoutAValue_FallBackToTheDeclaredDefault', () => {
    const reader = sources.find(({ name }) => name === 'settings.ts')!.text;
    for (const [, name, fallback] of reader.matchAll(/this\.(?:read|text|flag|number|object|choice)\('([\w.]+)', ([^,]+?)(?:, \w+)?\)(?: \* 1000)?[;,]/g)) {
      expect(JSON.parse(fallback!.replaceAll("'", '"')), name).toEqual(manifest.contributes.configuration.properties[`kftray.${name!}`]!.default);
    }
  });

  it('Settings_NobodyElse_ReadsThem', () => {
    expect(sources.filter(({ name, text }) => name !== 'settings.ts' && text.includes('getConfiguration')).map(({ name }) => name)).toEqual([]);
  });

  it('Settings_ThatCouldHarmInAnUntrustedWorkspace_AreRestricted', () => {
    const harmful = settings.filter((name) => /kubeconfig|default|localAddress|path|relay/i.test(name));
    expect([...manifest.capabilities.untrustedWorkspaces.restrictedConfigurations].sort()).toEqual(harmful.sort());
    expect(manifest.capabilities.untrustedWorkspaces.supported).toBe('limited');
  });
});

it('Settings_InTheSettingsEditor_HaveAPlaceEach', () => {
  const orders = Object.values(manifest.contributes.configuration.properties).map(({ order }) => order);
  expect(new Set(orders).size).toBe(orders.length);
});

describe('Manifest', () => {
  it('Texts_Used_ExistAndNoOthers', () => {
    const used = [...JSON.stringify(manifest).matchAll(/%([\w.]+)%/g)].map(([, key]) => key!);
    expect([...new Set(used)].sort()).toEqual(Object.keys(texts).sort());
  });

  it('Activation_IsByTheWorkspaceFileOnly', () => {
    expect(manifest.activationEvents).toEqual(['workspaceContains:.vscode/kftray.json']);
  });

  it('Libraries_AreBundled_SoThereAreNoDependencies', () => {
    expect(manifest.dependencies).toBeUndefined();
    expect(manifest.devDependencies['@types/vscode']).toBe('1.100.0');
    expect(manifest.engines.vscode).toBe('^1.100.0');
  });

  it('PortsView_RecognizesTheSidecar', () => {
    const [pattern] = Object.keys(manifest.contributes.configurationDefaults['remote.portsAttributes']);
    expect('/home/me/.vscode/extensions/kftray/bin/kftray-sidecar serve --window shop').toMatch(new RegExp(pattern!));
    expect('C:\\kftray\\bin\\kftray-sidecar.exe serve').toMatch(new RegExp(pattern!));
  });

  it('Tools_Declared_AreRegisteredAndNoOthers', () => {
    const registered = [...code.matchAll(/registerTool\('(\w+)'/g)].map(([, name]) => name!);
    expect(registered.sort()).toEqual(manifest.contributes.languageModelTools.map(({ name }) => name).sort());
    expect(manifest.contributes.languageModelTools.filter(({ when }) => when !== 'isWorkspaceTrusted')).toEqual([]);
  });

  it('Tasks_Declared_AreProvided', () => {
    expect(manifest.contributes.taskDefinitions.map(({ type }) => type)).toEqual([taskType]);
  });

  it('Walkthrough_Pictures_Exist', () => {
    for (const { media } of manifest.contributes.walkthroughs.flatMap(({ steps }) => steps)) {
      expect(read(media.svg)).toContain('var(--vscode-foreground)');
    }
  });

  it('Icon_IsAPngOf128', () => {
    const png = readFileSync(path.join(root, manifest.icon));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([128, 128]);
  });

  it('Settings_ThatCanRunPrograms_AreNotTheWorkspaces', () => {
    const { properties } = manifest.contributes.configuration;
    expect(['kftray.kubeconfig', 'kftray.sidecar.path'].map((name) => properties[name]?.scope)).toEqual(['machine', 'machine']);
  });

  it('Lockfile_NamesNoRegistry', () => {
    expect(read('package-lock.json')).not.toMatch(/"resolved": "http/);
  });
});

function matches(when: string, viewItem: string): boolean {
  return [...when.matchAll(/viewItem =~ \/(.*?)\/(?:\s|$)/g)].every(([, pattern]) => new RegExp(pattern!).test(viewItem));
}

it('Readme_NamesEverySetting_AndItsPicturesAreThere', () => {
  const readme = read('README.md');
  const table = readme.slice(readme.indexOf('### Settings'), readme.indexOf('### Where it runs'));
  expect(settings.filter((name) => !table.includes(`\`${name.slice('kftray.'.length)}\``))).toEqual([]);
  const pictures = [...readme.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, file]) => file!);
  expect(pictures.length).toBeGreaterThan(2);
  expect(pictures.filter((file) => !readdirSync(path.join(root, path.dirname(file))).includes(path.basename(file)))).toEqual([]);
});
