"""Sentences about training runs that the app starts: the queue, the owner, the end."""

MESSAGES: dict[str, tuple[str, str]] = {  # code: (English, Chinese)
    "run_unknown": (
        "This run is no longer here, or it belongs to another browser; start a new one.",
        "该训练已不存在，或属于另一个浏览器；请重新开始。",
    ),
    "run_owner": (
        "This browser keeps no key for its runs; allow the page to store data, reload it and try again.",
        "浏览器未保存训练凭证；请允许本页面存储数据，刷新后重试。",
    ),
    "run_busy": (
        "Your run {name} is still under way or waiting; stop it before you start another.",
        "您的训练 {name} 仍在进行或排队；请先停止它，再开始新的训练。",
    ),
    "run_queue_full": (
        "{limit} runs are already waiting; try again when one of them has begun.",
        "已有 {limit} 个训练在排队；请稍后再试。",
    ),
    "run_name": (
        "The name may hold letters, digits, dots, dashes and underscores, 40 at most; choose another.",
        "名称只能包含文字、数字、点、短横线和下划线，最多 40 个字符；请换一个。",
    ),
    "run_name_taken": ("There already is a model named {name}; choose another name.", "已有名为 {name} 的模型；请换一个名称。"),
    "run_disk": (
        "The disk is too full to start a run: {free} MB are free and {need} MB are needed; make room and press Start again.",
        "磁盘空间不足，无法开始训练：剩余 {free} MB，需要 {need} MB；请腾出空间后重新开始。",
    ),
    "run_write": (
        "The run cannot be written to {folder} ({reason}); make room or choose another data folder, then press Start again.",
        "无法将训练写入 {folder}（{reason}）；请腾出空间或更换数据目录后重新开始。",
    ),
    "run_upload_large": (
        "The pictures weigh more than {limit} MB together; upload fewer or smaller ones.",
        "上传的图片总共超过 {limit} MB；请减少数量或缩小图片。",
    ),
    "run_pictures": (
        "Give at least one picture of a person and one of a garment, or a ZIP file with the folders users and dresses.",
        "请至少上传一张人物照片和一张服装照片，或上传含 users 与 dresses 文件夹的 ZIP 文件。",
    ),
    "run_hub_name": (
        "A data set on the Hub is named owner/name, with @revision if you like, for example someone/my-wardrobe.",
        "Hub 数据集的名称形如 owner/name，可加 @版本，例如 someone/my-wardrobe。",
    ),
    "run_folder_missing": (
        "There is no folder {folder} on this computer; check the path.",
        "本机上没有文件夹 {folder}，请检查路径。",
    ),
    "run_folder_local": (
        "Folders of the server can be used only where the app runs on your own computer; upload a ZIP file instead.",
        "只有在自己的电脑上运行本应用时才能使用服务器上的文件夹；请改为上传 ZIP 文件。",
    ),
    "run_data_gone": (
        "The uploaded pictures of this run have been deleted; start a new run from its model instead.",
        "该训练上传的图片已删除；请以它的模型为起点开始新的训练。",
    ),
    "run_number": (
        "{field} must be a number from {low} to {high}.",
        "{field} 应为 {low} 到 {high} 之间的数。",
    ),
    "run_died": (
        "The run ended by itself; the last line of its log says: {line}. Press Resume to go on from the last save.",
        "训练意外结束，日志最后一行：{line}。点击“继续”可从上次保存处继续。",
    ),
    "run_died_silent": (
        "The run was ended from outside, perhaps because memory ran short; press Resume to go on from the last save.",
        "训练被外部终止，可能是内存不足；点击“继续”可从上次保存处继续。",
    ),
}
