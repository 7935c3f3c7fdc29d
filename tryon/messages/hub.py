"""Sentences about models on the shelf and on the Hub."""

MESSAGES: dict[str, tuple[str, str]] = {  # code: (English, Chinese)
    "checkpoint_unknown": (
        "There is no model named {name} here; choose one of {known}.",
        "这里没有名为 {name} 的模型，可选：{known}。",
    ),
    "checkpoint_kept": (
        "{name} comes with the app and cannot be deleted; only models trained or pulled here can.",
        "{name} 是随应用附带的模型，不能删除；只能删除在此训练或拉取的模型。",
    ),
    "checkpoint_busy": (
        "{name} is the model this app was started with and cannot be deleted while it runs.",
        "{name} 是本应用启动时指定的模型，运行期间不能删除。",
    ),
    "checkpoint_others": (
        "This app is public and {name} was not added on this visit, so it cannot be deleted here.",
        "本应用对公众开放，而 {name} 不是在本次访问中添加的，因此不能在此删除。",
    ),
    "checkpoint_gone": (
        "Nothing is left to bring back; the deleted model is no longer in the trash.",
        "没有可以恢复的内容；被删除的模型已不在回收站中。",
    ),
    "checkpoint_there": (
        "{name} is on the shelf again already, so the deleted one stays in the trash.",
        "架上已经又有 {name}，被删除的那个仍留在回收站中。",
    ),
    "config_networks": (
        "The config.json describes networks that cannot be built; use a model made by this program.",
        "config.json 描述的网络无法构建；请使用由本程序生成的模型。",
    ),
    "config_huge": (
        "The config.json asks for {gigabytes} GB of weights, more than the {limit} GB allowed; use a smaller model.",
        "config.json 要求 {gigabytes} GB 的权重，超过允许的 {limit} GB；请使用更小的模型。",
    ),
    "hub_name": (
        "{name} is no name on the Hub; write it as owner/name, for example ann/coats.",
        "{name} 不是 Hub 上的名称；请写成 所有者/名称，例如 ann/coats。",
    ),
    "hub_revision_name": (
        "{name} is no revision; give a branch, a tag or a commit, or leave it empty for the newest.",
        "{name} 不是有效的版本；请填写分支、标签或提交号，留空则取最新版本。",
    ),
    "hub_unknown": (
        "The Hub knows no repository {name}, or it is private; check the spelling, or sign in to an account that may see it.",
        "Hub 上没有仓库 {name}，或者它是私有的；请检查拼写，或登录有权访问的账号。",
    ),
    "hub_revision": (
        "{name} has no revision {revision}; leave it empty for the newest.",
        "{name} 没有版本 {revision}；留空则取最新版本。",
    ),
    "hub_file": (
        "{name} has no file {file}; choose a repository pushed by this program.",
        "{name} 中没有文件 {file}；请选择由本程序推送的仓库。",
    ),
    "hub_gated": (
        "{name} is gated: ask for access on its Hub page, sign in here, and try again.",
        "{name} 需要申请访问：请先在其 Hub 页面上申请，在此登录后重试。",
    ),
    "hub_forbidden": (
        "The Hub refused this for {name}; sign in with a token that may read it, or write to it when you push.",
        "Hub 拒绝了对 {name} 的请求；请使用有读取权限的令牌登录，推送时需要写入权限。",
    ),
    "hub_token": ("The Hub does not accept this token; make a new one in your Hub settings.",
                  "Hub 不接受此令牌；请在 Hub 设置中新建一个。"),
    "hub_token_form": (
        "This does not look like a Hub token; copy the whole token, which starts with hf_.",
        "这不像 Hub 令牌；请复制以 hf_ 开头的完整令牌。",
    ),
    "hub_sign_in": (
        "Sign in to the Hub first: give a token in the Models tab, set HF_TOKEN, or run hf auth login.",
        "请先登录 Hub：在“模型”页填写令牌、设置 HF_TOKEN，或运行 hf auth login。",
    ),
    "hub_unreachable": (
        "The Hub cannot be reached; check the connection and try again.",
        "无法连接 Hub；请检查网络后重试。",
    ),
    "hub_slow": (
        "The Hub has not answered for {seconds} seconds; nothing was kept, so try again later.",
        "Hub 已有 {seconds} 秒没有响应；未保留任何内容，请稍后重试。",
    ),
    "hub_cut": (
        "The connection was cut after {done} of {total} MB and could not be resumed; nothing half was kept, so try again.",
        "连接在传输 {done}/{total} MB 后中断且无法续传；未保留不完整的内容，请重试。",
    ),
    "hub_trouble": (
        "The Hub answered with error {status}; try again later.",
        "Hub 返回错误 {status}；请稍后重试。",
    ),
    "hub_strange": (
        "What answered is no Hub; check the address in HF_ENDPOINT.",
        "响应方不是 Hub；请检查 HF_ENDPOINT 中的地址。",
    ),
    "hub_offline": (
        "This app is offline (HF_HUB_OFFLINE) and {name} is not on this machine yet; go online to fetch it.",
        "本应用处于离线模式 (HF_HUB_OFFLINE)，而 {name} 尚未下载；请联网后获取。",
    ),
    "hub_pickle": (
        "{name} holds only pickled weights ({file}), which can run any program when opened; ask its author for safetensors.",
        "{name} 只有 pickle 格式的权重 ({file})，打开时可能执行任意程序；请向作者索取 safetensors 格式。",
    ),
    "hub_size": (
        "{file} in {name} is announced as {found} MB, but its config.json needs {want} MB; nothing was fetched.",
        "{name} 中的 {file} 标称 {found} MB，而其 config.json 需要 {want} MB；未下载任何内容。",
    ),
    "hub_damaged": (
        "{file} of {name} arrived damaged; nothing was kept, so try again.",
        "{name} 的 {file} 在传输中损坏；未保留任何内容，请重试。",
    ),
    "hub_private_here": (
        "{name} is private, and this app is public: everybody could use it here. Run the app on your own machine instead.",
        "{name} 是私有的，而本应用对公众开放，所有人都能使用它。请在自己的电脑上运行本应用。",
    ),
    "hub_public_there": (
        "{name} exists already and is public; choose another name, or push it as public.",
        "{name} 已存在且是公开的；请换一个名称，或选择公开推送。",
    ),
    "hub_disk": (
        "The disk is full; free some space and try again. Nothing half was kept.",
        "磁盘已满；请腾出空间后重试。未保留不完整的内容。",
    ),
    "hub_many": (
        "{name} holds {count} files of {gigabytes} GB in all, more than the {limit} files or {most} GB allowed.",
        "{name} 共有 {count} 个文件、{gigabytes} GB，超过允许的 {limit} 个文件或 {most} GB。",
    ),
    "hub_refused_name": (
        "{name} holds a file with the unsafe name {file}; nothing was fetched.",
        "{name} 中有文件名不安全的文件 {file}；未下载任何内容。",
    ),
    "hub_nothing": ("{folder} holds nothing to push.", "{folder} 中没有可推送的内容。"),
    "hub_refused": ("The Hub refused what was pushed: {reason}", "Hub 拒绝了推送的内容：{reason}"),
    "licence_unknown": (
        "{name} is no licence the Hub knows; choose one of {known}.",
        "{name} 不是 Hub 认可的许可证，可选：{known}。",
    ),
    "note_long": ("The note is longer than {limit} characters; shorten it.", "说明超过 {limit} 个字符，请缩短。"),
    "space_checkout": (
        "A Space is made from a git checkout of this project; {folder} is none.",
        "Space 需要从本项目的 git 检出创建；{folder} 不是 git 检出。",
    ),
}
