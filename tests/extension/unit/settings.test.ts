import { beforeEach, expect, it } from 'vitest';
import { Settings } from '../../../extension/src/settings';
import * as vscode from '../support/fakeVscode';
import manifest from '../../../package.json' with { type: 'json' };

const settings = new Settings();
const names = Object.keys(manifest.contributes.configuration.properties);

beforeEach(() => {
  vscode.settings.clear();
});

/** Every property, by name. */
function values(): Record<string, unknown> {
  const properties = settings as unknown as Record<string, unknown>;
  const names = Object.getOwnPropertyNames(Settings.prototype).filter((name) => typeof properties[name] !== 'function');
  return Object.fromEntries(names.map((name) => [name, properties[name]]));
}

it('Settings_OfAWrongType_AreTheDefaults', () => {
  const defaults = values();
  for (const wrong of [null, 7n, { nested: true }, [[1]]]) {
    names.filter((name) => name !== 'kftray.relay').forEach((name) => vscode.settings.set(name, wrong));
    expect(values()).toEqual(defaults);
  }
  vscode.settings.set('kftray.relay', 'image:1');
  expect(settings.forSidecar.relay).toEqual({});
});

it.each([
  ['~/.kube/x', ['~/.kube/x']],
  ['', []],
  [['a', 1, ''], ['a']],
])('Kubeconfig_WrittenAs_%j_Is_%j', (written, expected) => {
  vscode.settings.set('kftray.kubeconfig', written);
  expect(settings.kubeconfig).toEqual(expected);
});

it('Settings_BeyondTheirLimits_AreTheLimits', () => {
  vscode.settings.set('kftray.maxSessionsPerPod', 1000);
  vscode.settings.set('kftray.reconnect.maxDelay', 0);
  vscode.settings.set('kftray.notifications.disconnectedAfter', -1);
  expect(settings.forSidecar).toMatchObject({ maxSessionsPerPod: 64, reconnectMaxDelaySeconds: 1 });
  expect(settings.disconnectedAfterMs).toBe(0);
});
