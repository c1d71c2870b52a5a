import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../tools/services/node.ts'
import { findProgram } from '../../tools/services/programs.ts'

/** NGINX names another program than the machine's: the template needs 1.30, Debian 12 has 1.22. */
export const NGINX = process.env['NGINX'] ?? findProgram('nginx')

/** Whether this nginx has all that the production template uses. */
export function isModern(): boolean {
  const { stderr } = spawnSync(NGINX, ['-v'], { encoding: 'utf8' })
  const [major = 0, minor = 0] = (/nginx\/(\d+)\.(\d+)/.exec(stderr) ?? []).slice(1).map(Number)
  return major > 1 || (major === 1 && minor >= 30)
}

export const TEMPLATE = readFileSync(join(ROOT, 'nginx/production.conf.template'), 'utf8')

/** As the entry point of the stock image does: names that begin with NGINX_, in braces, which must be in the environment. */
export function substitute(template: string, env: Record<string, string>): string {
  return template.replaceAll(/\$\{(NGINX_\w+)\}/g, (_, name: string) => {
    const value = env[name]
    if (value === undefined) throw new Error(`The template asks for ${name}, which the environment lacks.`)
    return value
  })
}

export interface Places {
  dir: string
  httpPort: number
  port: number
  probePort: number
}

/** Moves the fixed paths of the image below a folder, and its ports to free ones. */
export function relocate(text: string, { dir, httpPort, port, probePort }: Places): string {
  mkdirSync(join(dir, 'tmp'), { recursive: true })
  return text
    .replaceAll('/etc/nginx/shared/', `${join(ROOT, 'nginx/shared')}/`)
    .replaceAll('/etc/nginx/site/', `${dir}/site/`)
    .replaceAll('/etc/nginx/monitoring/', `${dir}/monitoring/`)
    .replaceAll(/(pid|_temp_path) \/tmp\//g, `$1 ${dir}/tmp/`)
    .replace('/dev/stdout', join(dir, 'access.log'))
    .replace('/dev/stderr', join(dir, 'error.log'))
    .replace('listen 8080', `listen 127.0.0.1:${httpPort}`)
    .replace('listen 8443', `listen 127.0.0.1:${port}`)
    .replace('listen 8081', `listen 127.0.0.1:${probePort}`)
    .replace(/^worker_processes .*;$/m, `user root;\n$&`)
}

/** Without the few directives that Debian's 1.22 lacks; a name that is not resolved later must have an address now. */
export const forOlderNginx = (text: string): string =>
  text
    .replaceAll(/^ *resolver .*;\n/gm, '')
    .replace(/^ *sticky .*;\n/m, '')
    .replace(/^ *ssl_certificate_cache .*;\n/m, '')
    .replaceAll(/server \S+ resolve /g, 'server 127.0.0.1:3000 ')

/** @throws with nginx's own words */
export function check(dir: string, text: string): string {
  const file = join(dir, 'nginx.conf')
  writeFileSync(file, text)
  execFileSync(NGINX, ['-t', '-q', '-p', dir, '-c', file, '-e', join(dir, 'error.log')], { stdio: 'pipe' })
  return file
}
