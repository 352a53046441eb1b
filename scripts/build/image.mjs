import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { fingerprint, isCurrent, stamp } from '../lib/fingerprint.mjs';
import { dist, manifest, root } from '../lib/paths.mjs';
import { run } from '../lib/processes.mjs';
import { Failure, step } from '../lib/report.mjs';
import { tar } from '../lib/tar.mjs';
import { ensureLinker } from '../setup/linker.mjs';
import { buildServer } from './server.mjs';

const architectures = { x64: 'amd64', arm64: 'arm64' };
const repository = 'kftray-server';

/**
 * `dist/image/kftray-server-<architecture>.tar`: the relay's image as an archive that `docker load`, `ctr images import` and every tool that reads
 * an OCI layout take, made without any of them. https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export async function buildImage() {
  const architecture = architectures[process.arch];
  if (process.platform !== 'linux' || !architecture || !(await ensureLinker())) {
    throw new Failure('The image is made on Linux, x64 or arm64, where NativeAOT can link. Elsewhere use sidecar/Kftray.Server/Dockerfile.');
  }

  const binary = await buildServer();
  const libraries = await librariesOf(binary);
  const archive = join(dist, 'image', `${repository}-${architecture}.tar`);
  const { version } = manifest();
  const print = fingerprint([binary, ...libraries, join(root, 'scripts', 'build', 'image.mjs'), join(root, 'scripts', 'lib', 'tar.mjs')], version);
  const stampFile = join(dist, '.stamps', 'image');
  if (existsSync(archive) && isCurrent(stampFile, print)) return archive;

  const content = layOut(layer(binary, libraries), architecture, version);
  mkdirSync(dirname(archive), { recursive: true });
  writeFileSync(`${archive}.new`, content);
  renameSync(`${archive}.new`, archive);
  stamp(stampFile, print);
  step(`Built ${archive}: ${(content.length / 2 ** 20).toFixed(1)} MiB`);
  return archive;
}

/** What the binary loads, and what the C library loads only when it looks up a name (older ones; newer have that inside). */
async function librariesOf(binary) {
  const output = await run('Looking for shared libraries', 'ldd', [binary]);
  const loaded = [...output.matchAll(/(?:=>\s+|^\s+)(\/\S+)\s+\(/gm)].map(([, path]) => path);
  const libc = loaded.find((path) => /\/libc\.so\.6$/.test(path));
  const lookup = libc ? ['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2'].map((name) => join(dirname(libc), name)) : [];
  return [...loaded, ...lookup.filter((path) => existsSync(path))];
}

/** The root of the container. No shell, no users' table: the user is a number. */
function layer(binary, libraries) {
  const files = [
    { name: 'kftray-server', content: readFileSync(binary), mode: 0o755 },
    { name: 'etc/nsswitch.conf', content: Buffer.from('hosts: files dns\n') },
    ...libraries.map((path) => ({ name: path.slice(1), content: readFileSync(realpathSync(path)), mode: 0o755 })),
  ];
  const folders = new Set(files.flatMap(({ name }) => name.split('/').slice(0, -1).map((_, index, parts) => `${parts.slice(0, index + 1).join('/')}/`)));
  return tar([...[...folders].map((name) => ({ name })), ...files].sort((a, b) => (a.name < b.name ? -1 : 1)));
}

function layOut(rootFileSystem, architecture, version) {
  const blobs = new Map();
  const blob = (mediaType, content) => {
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    blobs.set(`blobs/${digest.replace(':', '/')}`, content);
    return { mediaType, digest, size: content.length };
  };
  const json = (value) => Buffer.from(JSON.stringify(value));

  const compressed = blob('application/vnd.oci.image.layer.v1.tar+gzip', gzipSync(rootFileSystem, { level: 9 }));
  const config = blob('application/vnd.oci.image.config.v1+json', json({
    architecture,
    os: 'linux',
    config: {
      User: '65532:65532',
      Env: ['PATH=/'],
      Entrypoint: ['/kftray-server'],
      WorkingDir: '/',
      Labels: {
        'org.opencontainers.image.title': repository,
        'org.opencontainers.image.description': 'Relay of Kftray for VS Code: UDP, and hosts outside the pods, through a Kubernetes port-forward.',
        'org.opencontainers.image.version': version,
        'org.opencontainers.image.licenses': 'MIT',
      },
    },
    // What is inside decides the digest, not when it was made.
    created: '1970-01-01T00:00:00Z',
    rootfs: { type: 'layers', diff_ids: [`sha256:${createHash('sha256').update(rootFileSystem).digest('hex')}`] },
    history: [{ created: '1970-01-01T00:00:00Z', created_by: 'scripts/build/image.mjs' }],
  }));
  const image = blob('application/vnd.oci.image.manifest.v1+json', json({
    schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', config, layers: [compressed],
  }));

  const name = `${repository}:${version}`;
  return tar([
    { name: 'blobs/' },
    { name: 'blobs/sha256/' },
    ...[...blobs].map(([path, content]) => ({ name: path, content })),
    {
      name: 'index.json',
      content: json({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.index.v1+json',
        manifests: [{ ...image, platform: { architecture, os: 'linux' }, annotations: { 'io.containerd.image.name': `docker.io/library/${name}`, 'org.opencontainers.image.ref.name': version } }],
      }),
    },
    // Docker's own list, which it read before it knew the others.
    { name: 'manifest.json', content: json([{ Config: pathOf(config), RepoTags: [name], Layers: [pathOf(compressed)] }]) },
    { name: 'oci-layout', content: json({ imageLayoutVersion: '1.0.0' }) },
  ]);
}

function pathOf({ digest }) {
  return `blobs/${digest.replace(':', '/')}`;
}
