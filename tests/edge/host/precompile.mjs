// Compiles Python with the very CPython that will run it: node precompile.mjs MANIFEST
// The manifest: {archives: [[zip in, zip out]], files: [[source, its name in the Worker, pyc]]}
import fs from "node:fs";
import { loadPyodide } from "pyodide";

const PROGRAM = `
import importlib.util, json, os, zipfile
from importlib._bootstrap_external import _code_to_hash_pyc

def compiled(source, name):
    code = compile(source, name, "exec", dont_inherit=True)
    # Unchecked: the Worker loads it without reading or hashing the source.
    return _code_to_hash_pyc(code, importlib.util.source_hash(source), False)

def replace(path, content):
    with open(path + ".new", "wb") as file:
        file.write(content)
    os.replace(path + ".new", path)

def compile_archive(given, made):
    with zipfile.ZipFile(given) as source, zipfile.ZipFile(made + ".new", "w") as target:
        for entry in source.infolist():
            content, name = source.read(entry), entry.filename
            if name.endswith(".py"):
                content, name = compiled(content, "/lib/python314.zip/" + name), name + "c"
            target.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content)
    os.replace(made + ".new", made)

manifest = json.loads(manifest)
for given, made in manifest["archives"]:
    compile_archive("/host" + given, "/host" + made)
for given, name, made in manifest["files"]:
    with open("/host" + given, "rb") as file:
        source = file.read()
    try:
        content = compiled(source, name)
    except SyntaxError:
        content = b""  # some wheels ship templates with the ending .py
    replace("/host" + made, content)
`;

const python = await loadPyodide();
python.FS.mkdirTree("/host");
python.FS.mount(python.FS.filesystems.NODEFS, { root: "/" }, "/host");
python.globals.set("manifest", fs.readFileSync(process.argv[2], "utf8"));
await python.runPythonAsync(PROGRAM);
