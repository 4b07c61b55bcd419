"""Models in a folder, and on a hub that a thread on loopback plays."""

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from skmer.io import load_from_hub, push_to_hub
from skmer.model_selection import evaluate_loso

COMMIT = "0123456789" * 4


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    y = np.array(["happiness", "others"] * 15)
    X = rng.normal(size=(30, 4)) + (y == "others")[:, None]
    return X, y, [f"lab/s{i // 5}" for i in range(30)]


@pytest.fixture
def model(data):
    return LinearDiscriminantAnalysis().fit(*data[:2])


@pytest.fixture
def result(data):
    return evaluate_loso(LinearDiscriminantAnalysis(), *data, verbose=0)


def test_folder_and_back(model, data, result, tmp_path):
    place = push_to_hub(model, tmp_path / "model", result=result, licence="cc-by-nc-4.0")
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == ["README.md", "model.skmer"]
    loaded = load_from_hub(tmp_path / "model")
    assert np.array_equal(loaded.predict_proba(data[0]), model.predict_proba(data[0]))
    card = (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    assert place == str(tmp_path / "model")
    assert 'license: "cc-by-nc-4.0"' in card and 'load("model.skmer")' in card


def test_folder_without_a_result_has_no_card(model, tmp_path):
    push_to_hub(model, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model.skmer"]


def test_folder_without_a_model(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"model\.skmer"):
        load_from_hub(tmp_path)


class Hub(BaseHTTPRequestHandler):
    """As much of the hub's protocol as its client speaks for one small model."""

    files: dict = {}
    asked: list = []

    def log_message(self, *_):
        pass

    def reply(self, content, **headers):
        self.send_response(200)
        for name, value in {"Content-Length": len(content), **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def do_POST(self):
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append((self.path, self.headers.get("Authorization")))
        home = f"http://{self.headers['Host']}/lab/model"
        answer = {"url": home, "id": "lab/model"}
        if "/preupload/" in self.path:
            files = json.loads(sent)["files"]
            answer = {
                "files": [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files]
            }
        elif "/commit/" in self.path:
            for line in map(json.loads, sent.splitlines()):
                if line["key"] == "file":
                    self.files[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
            answer = {"commitUrl": f"{home}/commit/{COMMIT}", "commitOid": COMMIT}
        self.reply(json.dumps(answer).encode(), Content_Type="application/json")

    def do_GET(self):
        name = self.path.rpartition("/")[2].partition("?")[0]
        if "/resolve/" not in self.path:
            self.reply(json.dumps({"siblings": [], "sha": COMMIT, "id": "lab/model"}).encode())
        elif name not in self.files:
            self.send_response(404)
            self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            etag = hashlib.sha1(self.files[name]).hexdigest()
            self.reply(self.files[name], ETag=f'"{etag}"', X_Repo_Commit=COMMIT)

    do_HEAD = do_GET


@pytest.fixture
def hub():
    pytest.importorskip("huggingface_hub")
    Hub.files, Hub.asked = {}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_hub_and_back(hub, model, data, result, tmp_path):
    options = {"endpoint": hub, "token": "hf_of_a_test"}
    place = push_to_hub(model, "lab/model", result=result, **options)
    assert sorted(Hub.files) == ["README.md", "model.skmer"]
    assert COMMIT in place
    assert {token for _, token in Hub.asked} == {"Bearer hf_of_a_test"}
    assert b'load_from_hub("lab/model")' in Hub.files["README.md"]
    loaded = load_from_hub("lab/model", cache_dir=tmp_path, **options)
    assert np.array_equal(loaded.predict_proba(data[0]), model.predict_proba(data[0]))


def test_a_changed_file_is_refused(hub, model, tmp_path):
    push_to_hub(model, "lab/model", endpoint=hub, token="t")
    content = bytearray(Hub.files["model.skmer"])
    content[len(content) // 2] ^= 1
    Hub.files["model.skmer"] = bytes(content)
    with pytest.raises(ValueError, match=r"model\.skmer"):
        load_from_hub("lab/model", endpoint=hub, token="t", cache_dir=tmp_path)


def test_a_hub_that_is_not_there(tmp_path, model):
    with pytest.raises(OSError, match=r"^repo_id: the model of 'lab/model' cannot be read: "):
        load_from_hub("lab/model", endpoint="http://127.0.0.1:9", cache_dir=tmp_path)
    with pytest.raises(OSError, match=r"^repo_id: the model cannot be written to 'lab/model': "):
        push_to_hub(model, "lab/model", endpoint="http://127.0.0.1:9")


def test_what_cannot_be_saved_makes_no_repository(hub, data):
    class Own(LinearDiscriminantAnalysis):
        pass

    with pytest.raises(ValueError, match="cannot be saved"):
        push_to_hub(Own(), "lab/model", endpoint=hub, token="t")
    assert Hub.asked == []


def test_without_the_client(monkeypatch, model):
    import sys

    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ImportError, match=r"push_to_hub needs the package huggingface-hub.*skmer\[hub\]"):
        push_to_hub(model, "lab/model")


@pytest.mark.parametrize("name", ["", " ", "a/b/c", "..", "lab/", "/", "-lab/model", "a" * 97])
def test_what_names_no_repository(model, name):
    for function in (load_from_hub, lambda repo_id: push_to_hub(model, repo_id)):
        with pytest.raises(ValueError, match=r"^repo_id must be a repository, such as 'lab/model'"):
            function(name)
