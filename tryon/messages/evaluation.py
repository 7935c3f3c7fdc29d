"""Sentences about evaluation and comparison: errors, and the names and meanings of figures, baselines and kinds of pairs."""

MESSAGES: dict[str, tuple[str, str]] = {  # code: (English, Chinese)
    "pairs_layout": (
        "{folder} is in no layout known here: give a VITON-HD folder (image/, cloth/ under test/ or train/), users/ with "
        "dresses/, "
        "a street-photo folder, or the word world.",
        "{folder} 不是已知的数据布局：请给出 VITON-HD 文件夹（test/ 或 train/ 下有 image/、cloth/）、users/ 与 "
        "dresses/、街拍数据，或 world。",
    ),
    "pairs_none": (
        "{folder} holds no pair to evaluate; put photos into it, or choose another folder.",
        "{folder} 中没有可评测的配对；请放入照片，或换一个文件夹。",
    ),
    "pairs_lines": (
        "{file} needs two file names on every line: a person's and a garment's.",
        "{file} 的每一行都应有两个文件名：人物与服装。",
    ),
    "pairs_truth": (
        "{file} needs the columns person, garment and target, and at least one row.",
        "{file} 需要 person、garment、target 三列，并至少有一行。",
    ),
    "pairs_sizes": (
        "{person} and {target} differ in size; make them equal, or leave this pair out.",
        "{person} 与 {target} 尺寸不同；请改为相同尺寸，或去掉这一对。",
    ),
    "pairs_extras": (
        "{file} cannot be read; render the set again.",
        "无法读取 {file}；请重新生成该数据集。",
    ),
    "pairs_count": (
        "The number of pairs must be from 1 to {limit}, not {count}.",
        "配对数量应为 1 到 {limit}，不能是 {count}。",
    ),
    "evaluate_size": (
        "The size {size} cannot be used; write HEIGHTxWIDTH in the shape 4:3: 256x192, 384x288, 512x384, up to 1024x768.",
        "尺寸 {size} 无法使用；请按 4:3 写成 高x宽：256x192、384x288、512x384，最大 1024x768。",
    ),
    "evaluate_twice": (
        "Two checkpoints are called {name}; rename one folder so that the table can tell them apart.",
        "有两个模型都叫 {name}；请重命名其中一个文件夹以便区分。",
    ),
    "evaluate_nothing": (
        "Not one pair could be evaluated; the reasons stand above.",
        "没有任何一对能够评测，原因见上。",
    ),
    "compare_people": (
        "Choose at least one person, one garment and one model.",
        "请至少选择一个人物、一件服装和一个模型。",
    ),
    "compare_much": (
        "{count} pictures are too many for one sheet; choose at most {limit}.",
        "一张对照表最多 {limit} 幅，当前为 {count} 幅；请减少选择。",
    ),
    "compare_empty": (
        "There is no sheet yet; make one first.",
        "还没有对照表，请先生成。",
    ),
    "compare_zip": (
        "Choose a ZIP of a data folder first.",
        "请先选择一个数据文件夹的 ZIP。",
    ),
    "vote_models": (
        "A blind vote needs two models; train one or pull one from the Hub first.",
        "盲测投票需要两个模型；请先训练或从 Hub 拉取一个。",
    ),
    "vote_over": (
        "This pair has been voted on already; the next one is shown.",
        "这一对已经投过票，已换下一对。",
    ),
    "journal_broken": (
        "The votes in {file} cannot be read or written; move the file away and try again.",
        "无法读写 {file} 中的投票记录；请移走该文件后重试。",
    ),
    # What stands in tables
    "metric_ssim": ("SSIM", "SSIM"),
    "about_ssim": (
        "structural similarity to the true picture, whole frame (1 is equal)",
        "与真实图像的结构相似度，全图（1 为相同）",
    ),
    "metric_ms_ssim": ("MS-SSIM", "MS-SSIM"),
    "about_ms_ssim": ("the same over five scales", "五个尺度上的结构相似度"),
    "metric_psnr": ("PSNR, dB", "PSNR（dB）"),
    "about_psnr": ("peak signal-to-noise ratio, whole frame", "峰值信噪比，全图"),
    "metric_ssim_mask": ("SSIM in mask", "区域内 SSIM"),
    "about_ssim_mask": ("structural similarity inside the compared area", "比较区域内的结构相似度"),
    "metric_psnr_mask": ("PSNR in mask, dB", "区域内 PSNR（dB）"),
    "about_psnr_mask": ("peak signal-to-noise ratio inside the compared area", "比较区域内的峰值信噪比"),
    "metric_mae_mask": ("Error in mask", "区域内误差"),
    "about_mae_mask": (
        "mean absolute error inside the compared area, 0 to 1: the judge's edit mask and whatever truly changes, the same for "
        "every row",
        "比较区域内的平均绝对误差（0 到 1）；区域为评判模型的编辑区域加上真正变化之处，每一行相同",
    ),
    "metric_lpips": ("LPIPS", "LPIPS"),
    "about_lpips": ("perceptual distance to the truth, AlexNet", "与真实图像的感知距离（AlexNet）"),
    "metric_bodynet": ("BodyNet distance", "BodyNet 距离"),
    "about_bodynet": (
        "distance to the truth in the features of our own BodyNet; comparable only within this project",
        "在本项目 BodyNet 特征中与真实图像的距离，仅可在本项目内比较",
    ),
    "metric_colour": ("Colour, ΔE", "颜色 ΔE"),
    "about_colour": (
        "CIEDE2000 between the median colours of the garment and of the worn garment; median over pairs",
        "服装与穿上后中位颜色之间的 CIEDE2000 色差；取各对的中位数",
    ),
    "metric_print": ("Print", "图案"),
    "about_print": (
        "correlation between the garment photo and the result brought back through the flow, garments with pattern or print "
        "only; "
        "median over pairs",
        "结果经形变场还原后与服装照片的相关性，仅计有图案的服装；取各对的中位数",
    ),
    "metric_leftovers": ("Leftovers", "旧衣残留"),
    "about_leftovers": (
        "share of the old garment's area, outside the new garment, that BodyNet still reads as a garment of that kind; median "
        "over pairs",
        "旧衣区域中、新衣之外仍被 BodyNet 判为该类服装的比例；取各对的中位数",
    ),
    "metric_face_changed": ("Face changed", "面部改动"),
    "about_face_changed": (
        "share of the face's pixels that changed by more than four grey levels",
        "面部像素变化超过 4 个灰阶的比例",
    ),
    "metric_face_alike": ("Face kept", "面部一致"),
    "about_face_alike": ("structural similarity of the face before and after", "试穿前后面部的结构相似度"),
    "metric_outside_changed": ("Changed outside", "区域外改动"),
    "about_outside_changed": (
        "share of the photo's own pixels outside the edit mask that are not exactly as before",
        "编辑区域之外与原照片不完全相同的像素比例",
    ),
    "metric_category_right": ("Kind right", "类别正确"),
    "about_category_right": ("how often the garment's kind was recognised", "服装类别识别正确的比例"),
    "metric_edited": ("Edited", "编辑面积"),
    "about_edited": ("mean share of the photo that was repainted", "平均重绘面积占照片的比例"),
    "metric_seconds": ("Seconds", "秒"),
    "about_seconds": ("of one try-on, on the machine that measured", "在测量所用机器上单次试穿的时间"),
    "metric_bodynet_kid": ("BodyNet kernel distance", "BodyNet 核距离"),
    "about_bodynet_kid": (
        "distance between the sets of results and of real pictures in BodyNet's features; comparable only within this project",
        "结果集合与真实照片集合在 BodyNet 特征中的距离，仅可在本项目内比较",
    ),
    "metric_fid": ("FID", "FID"),
    "about_fid": (
        "Fréchet Inception distance between the set of results and the set of real pictures, torch-fidelity's Inception",
        "结果集合与真实照片集合之间的 Fréchet Inception 距离（torch-fidelity 的 Inception）",
    ),
    "metric_kid": ("KID", "KID"),
    "about_kid": (
        "kernel Inception distance between the same sets; about 0, also below it, where they are alike",
        "同样两个集合之间的核 Inception 距离；集合相似时约为 0，也可略低于 0",
    ),
    "sets_fid": (
        "FID: {results} results against {real} different real pictures, without padding; it has no interval.",
        "FID：{results} 个结果对 {real} 张不同的真实照片（不含填充），没有区间。",
    ),
    "sets_kid": (
        "KID: {results} results against {real} different real pictures; mean ± standard deviation over 100 subsets of {subset}.",
        "KID：{results} 个结果对 {real} 张不同的真实照片；100 个大小为 {subset} 的子集的均值 ± 标准差。",
    ),
    "sets_few": (
        "{name} is left out: {results} results and {real} different real pictures are too few, it takes {fewest} of each.",
        "未给出 {name}：{results} 个结果与 {real} 张不同的真实照片太少，各需 {fewest}。",
    ),
    "standard_lpips": (
        "LPIPS is unavailable: its AlexNet weights or torchmetrics are not on this machine.",
        "LPIPS 不可用：本机没有其 AlexNet 权重或 torchmetrics。",
    ),
    "standard_fid": (
        "FID and KID are unavailable: they take the package torch-fidelity (pip install torch-fidelity) and its file "
        "weights-inception-2015-12-05-6726825d.pth in the folder checkpoints of torch.hub.get_dir().",
        "FID 与 KID 不可用：需要 torch-fidelity（pip install torch-fidelity），并将其权重 "
        "weights-inception-2015-12-05-6726825d.pth 放入 torch.hub.get_dir() 下的 checkpoints 文件夹。",
    ),
    "standard_fid_damaged": (
        "FID and KID are unavailable: weights-inception-2015-12-05-6726825d.pth is damaged or another file; fetch it again.",
        "FID 与 KID 不可用：weights-inception-2015-12-05-6726825d.pth 已损坏或不是该文件，请重新下载。",
    ),
    "method_unchanged": ("input unchanged", "原图不变"),
    "method_pasted": ("garment pasted", "直接粘贴"),
    "method_landmarks": ("landmark warp", "关键点形变"),
    "kind_paired": ("Paired", "配对"),
    "kind_swapped": ("Another garment, truth known", "换装（真值已知）"),
    "kind_rebuilt": ("Real people, own garment put back", "真人，还原自己的衣服"),
    "kind_unpaired": ("Unpaired", "非配对"),
    "told_paired": (
        "The photo already shows the garment and is itself the truth. The model erases its edit mask by itself; the baselines "
        "get the "
        "photo with the compared area erased and filled from around it.",
        "照片中穿的就是这件衣服，照片本身即真值。模型自行擦除编辑区域；基线使用擦除比较区域并由周围填补的照片。",
    ),
    "told_swapped": (
        "The same person, pose and light in another garment, rendered: the exact picture is known.",
        "同一人物、姿态与光照下穿另一件衣服，均为渲染，真值精确已知。",
    ),
    "told_rebuilt": (
        "The garment is recoloured in the photo first, so that whatever is left of it counts as an error; cut out by its "
        "label, turned, "
        "scaled, sheared and bent, it must bring the original photo back.",
        "先在照片中给衣服换色，使残留都计入误差；再将按标注抠出、经旋转缩放剪切弯曲的衣服穿回，应还原原照片。",
    ),
    "told_unpaired": ("Any person in any garment; there is no true picture.", "任意人物与任意服装，没有真值。"),
    "category_upper": ("tops", "上装"),
    "category_lower": ("bottoms", "下装"),
    "category_dress": ("dresses", "连衣裙"),
    "pose_down": ("arms down", "手臂下垂"),
    "pose_bent": ("arms bent", "手臂弯曲"),
    "pose_across": ("hand before the trunk", "手在身前"),
    "pose_raised": ("arm raised", "手臂上举"),
    "report_title": ("Evaluation", "评测"),
    "report_protocol": ("Protocol", "协议"),
    "report_data": ("Data", "数据"),
    "report_resolution": ("Resolution compared at", "比较分辨率"),
    "report_pairs": ("Pairs from", "配对来源"),
    "report_judge": ("Judge (reads every row)", "评判模型（用于每一行）"),
    "report_seed": ("Seed", "种子"),
    "report_repaint": ("Repainted", "重绘"),
    "report_repaint_yes": (
        "yes: outside the edit mask the photo's own pixels come back",
        "是：编辑区域之外保留照片原像素",
    ),
    "report_command": ("Command", "命令"),
    "report_time": ("Time", "用时"),
    "report_time_value": (
        "{seconds:.0f} s ({cpu:.0f} s of processor time), {pairs} pairs",
        "{seconds:.0f} 秒（处理器 {cpu:.0f} 秒），{pairs} 对",
    ),
    "report_method": ("Method", "方法"),
    "report_count": ("{count} pairs", "{count} 对"),
    "report_intervals": (
        "Small figures are 95 % bootstrap intervals.",
        "小字为 95 % 自助法置信区间。",
    ),
    "report_means": ("What the figures mean", "指标含义"),
    "report_split": ("By kind of garment and by pose", "按服装类别与姿态"),
    "report_worst": ("Worst cases", "最差案例"),
    "report_worst_of": ("{metric}: worst of {method}", "{metric}：{method} 最差"),
    "report_sheet": ("Sheet", "对照表"),
    "report_failed": ("Could not be evaluated", "未能评测"),
    "report_missing": ("Not measured", "未测量"),
    "report_regressions": ("Worse than {old}", "不如 {old}"),
    "report_regression": (
        "{kind}, {metric}: {new}, beyond the interval {low} to {high} of {old}",
        "{kind}，{metric}：{new}，超出 {old} 的区间 {low} 至 {high}",
    ),
    "report_fine": ("Nothing fell beyond its interval.", "没有指标跌出置信区间。"),
    "column_person": ("person", "人物"),
    "column_garment": ("garment", "服装"),
    "column_target": ("truth", "真值"),
}
