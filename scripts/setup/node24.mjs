import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '../lib/report.mjs';
import { ensureNpmFolder } from './npmFolder.mjs';

/** Node 24 from npm: the folder that holds `bin/node` and the headers that native modules are built with. Linux only. */
export async function ensureNode24() {
  const folder = await ensureNpmFolder('scripts/tools/node24', 'Node 24 (code-server and the packager need it)');
  const home = join(folder, 'node_modules', `node-linux-${process.arch}`);
  if (!existsSync(join(home, 'bin', 'node'))) {
    throw new Failure(`Node 24 is not to be had from npm for ${process.platform}-${process.arch}: install Node 24 and run the command with it.`);
  }
  return home;
}

/** A `node` for tools that need 22 or later: our own process's, if it is new enough. */
export async function modernNode() {
  const major = Number(process.versions.node.split('.')[0]);
  return major >= 22 ? process.execPath : join(await ensureNode24(), 'bin', 'node');
}

/** The environment in which `node` is Node 24 and native modules are built for it, whatever the machine's npm configuration says. */
export function node24Environment(home) {
  return {
    PATH: `${join(home, 'bin')}:${dirname(process.execPath)}:${process.env.PATH}`,
    npm_config_nodedir: home,
    // Below `npm test` these name the Node that runs npm, and code-server's installation believes them.
    NODE: undefined,
    npm_config_user_agent: undefined,
    npm_execpath: undefined,
    npm_node_execpath: undefined,
  };
}
