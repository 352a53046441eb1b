// npm run image: the relay's container image as an archive, without a container engine.
import { buildImage } from './build/image.mjs';
import { main, step } from './lib/report.mjs';

await main(async () => {
  const archive = await buildImage();
  step(`Load it with \`docker load -i ${archive}\` or \`ctr -n k8s.io images import ${archive}\``);
});
